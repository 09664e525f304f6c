"""The SQL of the content filter's rules. Takes the connection first; never commits."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy.content_filter import Kind, Rule, Verdict
from fynix_server.protocol.filtering import RuleContent, RuleResponse, RulesQuery
from fynix_server.tables import AnyRow, ContentRule


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule without what it counts."""

    id: UUID
    name: str
    kind: Kind
    pattern: str
    verdict: Verdict
    is_shadow: bool
    is_enabled: bool

    @classmethod
    def of(cls, id_: UUID, content: RuleContent) -> "StoredRule":
        return cls(id_, **{name: getattr(content, name) for name in RuleContent.model_fields})

    @property
    def for_filter(self) -> Rule:
        return Rule(self.id, self.name, self.kind, self.pattern, self.verdict, self.is_shadow)


_CONTENT = (
    ContentRule.id,
    ContentRule.name,
    ContentRule.kind,
    ContentRule.pattern,
    ContentRule.verdict,
    ContentRule.is_shadow,
    ContentRule.is_enabled,
)
_WHOLE = (
    *_CONTENT,
    ContentRule.hits,
    ContentRule.last_hit_at,
    ContentRule.created_at,
    ContentRule.updated_at,
)


async def all_rules(connection: AsyncConnection) -> dict[UUID, StoredRule]:
    """Every rule by its id, in the order of names. Reads the whole table, of MAX_RULES at most."""
    rows: Iterable[AnyRow] = await connection.execute(select(*_CONTENT).order_by(ContentRule.name))
    return {row.id: StoredRule(*row) for row in rows}


async def rules_page(
    connection: AsyncConnection, wanted: RulesQuery, limit: int
) -> list[RuleResponse]:
    """At most `limit`, by name. Index: uq_content_rules_name; of MAX_RULES at most."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.name is not None:
        conditions.append(ContentRule.name == wanted.name.lower())
    if wanted.kind is not None:
        conditions.append(ContentRule.kind == wanted.kind)
    if wanted.is_shadow is not None:
        conditions.append(ContentRule.is_shadow.is_(wanted.is_shadow))
    if wanted.is_enabled is not None:
        conditions.append(ContentRule.is_enabled.is_(wanted.is_enabled))
    if wanted.after is not None:
        conditions.append(ContentRule.name > wanted.after)
    query = select(*_WHOLE).where(*conditions).order_by(ContentRule.name).limit(limit)
    return [_response(row) for row in await connection.execute(query)]


async def find_rule(connection: AsyncConnection, rule_id: UUID) -> RuleResponse | None:
    """Index: the primary key."""
    query = select(*_WHOLE).where(ContentRule.id == rule_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _response(row)


async def insert_rules(
    connection: AsyncConnection, rules: Sequence[StoredRule], now: datetime
) -> None:
    if rules:
        stamps = {"created_at": now, "updated_at": now}
        await connection.execute(insert(ContentRule), [asdict(it) | stamps for it in rules])


async def update_rules(
    connection: AsyncConnection, rules: Sequence[StoredRule], now: datetime
) -> None:
    """In the order of ids, as hits are counted, so that no two deadlock."""
    columns = [
        it.name for it in ContentRule.__table__.columns if it.name in RuleContent.model_fields
    ]
    statement = (
        update(ContentRule)
        .where(ContentRule.id == bindparam("rule_id"))
        .values({name: bindparam(f"new_{name}") for name in columns} | {"updated_at": now})
    )
    rows = [
        {"rule_id": it.id} | {f"new_{name}": getattr(it, name) for name in columns}
        for it in sorted(rules, key=lambda rule: rule.id)
    ]
    if rows:
        await connection.execute(statement, rows)


async def forget_hits(connection: AsyncConnection, rule_ids: Sequence[UUID]) -> None:
    """Begin to count anew. In the order of ids."""
    statement = (
        update(ContentRule)
        .where(ContentRule.id == bindparam("rule_id"))
        .values(hits=0, last_hit_at=None)
    )
    if rule_ids:
        await connection.execute(statement, [{"rule_id": it} for it in sorted(rule_ids)])


async def delete_rules(connection: AsyncConnection, rule_ids: Sequence[UUID]) -> None:
    if rule_ids:
        await connection.execute(delete(ContentRule).where(ContentRule.id.in_(rule_ids)))


def _response(row: AnyRow) -> RuleResponse:
    fields: dict[str, Any] = dict(row._mapping)
    return RuleResponse(**fields)
