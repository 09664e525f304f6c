"""The SQL behind the policy. Takes the connection first; never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import bindparam, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy.content_filter import Kind, Rule, Verdict
from fynix_server.policy.limit_queries import load_limit_overrides
from fynix_server.policy.retention_queries import load_retention
from fynix_server.policy.snapshot import Restrictions, Snapshot
from fynix_server.tables import ContentRule, PolicyState, Restriction, User, is_active_at

_VERSION = select(PolicyState.version).where(PolicyState.id == 1)
_MOVE = (
    update(PolicyState)
    .where(PolicyState.id == 1)
    .values(version=PolicyState.version + 1)
    .returning(PolicyState.version)
)


async def move_policy_version(connection: AsyncConnection) -> int:
    """Make every instance load the policy anew, once this transaction has committed."""
    version: int | None = (await connection.execute(_MOVE)).scalar_one_or_none()
    if version is None:
        # The first change ever. Two at once: the second waits here, and then moves the other's.
        make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
        first = make(PolicyState).values(id=1, version=0)
        await connection.execute(first.on_conflict_do_nothing(index_elements=["id"]))
        version = (await connection.execute(_MOVE)).scalar_one()
    return version


async def policy_version(connection: AsyncConnection) -> int:
    """0 where nothing was ever changed. Index: the primary key of a table with one row."""
    return (await connection.execute(_VERSION)).scalar_one_or_none() or 0


async def load_snapshot(connection: AsyncConnection, now: datetime) -> Snapshot:
    """The whole policy. Reads tables that hold only what moderators have set, in full."""
    version = await policy_version(connection)
    restrictions: dict[UUID, Restrictions] = {}
    query = select(Restriction.user_id, Restriction.kind, Restriction.until).where(
        or_(Restriction.until.is_(None), Restriction.until > now)
    )
    for user_id, kind, until in await connection.execute(query):
        restrictions.setdefault(user_id, Restrictions()).until[kind] = until
    limit_overrides = await load_limit_overrides(connection, now)
    return Snapshot(
        version,
        restrictions,
        await _enabled_rules(connection),
        limit_overrides,
        await load_retention(connection),
    )


async def _enabled_rules(connection: AsyncConnection) -> tuple[Rule, ...]:
    query = (
        select(
            ContentRule.id,
            ContentRule.name,
            ContentRule.kind,
            ContentRule.pattern,
            ContentRule.verdict,
            ContentRule.is_shadow,
        )
        .where(ContentRule.is_enabled)
        .order_by(ContentRule.name)
    )
    rows = await connection.execute(query)
    return tuple(
        Rule(id_, name, cast(Kind, kind), pattern, cast(Verdict, verdict), is_shadow)
        for id_, name, kind, pattern, verdict, is_shadow in rows
    )


async def add_hits(connection: AsyncConnection, hits: Mapping[UUID, int], now: datetime) -> None:
    """Count how often rules have matched. In the order of ids, so that no two deadlock."""
    statement = (
        update(ContentRule)
        .where(ContentRule.id == bindparam("rule_id"))
        .values(hits=ContentRule.hits + bindparam("count"), last_hit_at=now)
    )
    rows = [{"rule_id": id_, "count": count} for id_, count in sorted(hits.items())]
    await connection.execute(statement, rows)


async def shut_out_since(
    connection: AsyncConnection, moment: datetime, now: datetime
) -> list[UUID]:
    """Whose account was suspended, banned or erased since, and still is.

    Index: idx_users_status_changed_at.
    """
    query = select(User.id).where(User.status_changed_at >= moment, not_(is_active_at(now)))
    return list((await connection.execute(query)).scalars())
