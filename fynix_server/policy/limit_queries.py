"""SQL of rate limits that are a person's own. Takes the connection first; never commits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.rate_limit import Override, Overrides, Quota, person_key
from fynix_server.tables import LimitOverride, User


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit of one person in one bucket. `quota` None: no limit. `until` None: until cleared.

    `set_by`: as the audit log names whoever set it.
    """

    quota: Quota | None
    until: datetime | None
    set_by: str
    set_at: datetime


_LIMIT = (LimitOverride.max_count, LimitOverride.window_seconds, LimitOverride.until)


async def load_limit_overrides(connection: AsyncConnection, now: datetime) -> Overrides:
    """All that are in force, as the limiter looks them up. Reads its table in full, which holds
    only what was set by hand or against spam; of people by their primary key."""
    query = (
        select(LimitOverride.bucket, LimitOverride.user_id, User.username, *_LIMIT)
        .join(User, User.id == LimitOverride.user_id)
        .where(or_(LimitOverride.until.is_(None), LimitOverride.until > now))
    )
    return {
        (bucket, person_key(bucket, user_id, username)): Override(_quota(count, seconds), until)
        for bucket, user_id, username, count, seconds, until in await connection.execute(query)
    }


async def own_limits(
    connection: AsyncConnection, user_id: UUID, now: datetime
) -> dict[str, OwnLimit]:
    """Those of one person that are in force, by bucket. Index: the primary key."""
    query = select(
        LimitOverride.bucket, *_LIMIT, LimitOverride.set_by, LimitOverride.created_at
    ).where(LimitOverride.user_id == user_id)
    return {
        bucket: OwnLimit(_quota(count, seconds), until, set_by, set_at)
        for bucket, count, seconds, until, set_by, set_at in await connection.execute(query)
        if until is None or until > now
    }


async def set_override(
    connection: AsyncConnection, user_id: UUID, bucket: str, limit: OwnLimit
) -> None:
    """Give a person a limit of their own, in place of any that they had in `bucket`.

    The caller has locked the person, calls `move_policy_version`, and after the commit
    `Policy.apply_change`.
    """
    max_count, window_seconds = limit.quota or (None, None)
    values = {
        "max_count": max_count,
        "window_seconds": window_seconds,
        "until": limit.until,
        "set_by": limit.set_by,
        "created_at": limit.set_at,
    }
    make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = make(LimitOverride).values(user_id=user_id, bucket=bucket, **values)
    await connection.execute(
        row.on_conflict_do_update(index_elements=["user_id", "bucket"], set_=values)
    )


async def clear_overrides(
    connection: AsyncConnection, user_id: UUID, buckets: Iterable[str]
) -> None:
    """What holds for everybody holds for this person again. As `set_override`."""
    await connection.execute(
        delete(LimitOverride).where(
            LimitOverride.user_id == user_id, LimitOverride.bucket.in_(list(buckets))
        )
    )


def _quota(max_count: int | None, window_seconds: int | None) -> Quota | None:
    if max_count is None or window_seconds is None:
        return None
    return Quota(max_count, window_seconds)
