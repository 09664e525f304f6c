"""SQL that the sweeps share: what must stay, and the locks. Nothing here commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.cleanup.sweep import Found, Key
from fynix_server.tables import AnySelect, Conversation, LegalHold, PolicyState


async def lock_conversations(connection: AsyncConnection, ids: Collection[UUID]) -> None:
    """In the order in which senders lock them. Index: the primary key."""
    if connection.dialect.name == "postgresql":  # SQLite has locked everything
        query = select(Conversation.id).where(Conversation.id.in_(ids)).order_by(Conversation.id)
        await connection.execute(query.with_for_update())


async def lock_policies(connection: AsyncConnection) -> int:
    """Until the commit no policy and no hold changes: whoever sets a hold waits for this batch,
    and the next one sees it. After conversations, as every act. Returns their version."""
    query = select(PolicyState.version).where(PolicyState.id == 1)
    query = query.with_for_update(read=True)
    version = (await connection.execute(query)).scalar_one_or_none()
    if version is None:
        make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
        first = make(PolicyState).values(id=1, version=0)
        await connection.execute(first.on_conflict_do_nothing(index_elements=["id"]))
        version = (await connection.execute(query)).scalar_one()
    return version


def held(kind: str) -> AnySelect:
    """The subjects of legal holds of that kind. Index: the primary key."""
    return select(LegalHold.subject_id).where(LegalHold.kind == kind)


def is_past(columns: tuple[Any, ...], after: tuple[Any, ...] | None) -> ColumnElement[bool]:
    """Whether a row stands after `after` in the order of `columns`."""
    if after is None:
        return true()
    if len(columns) == 1:
        is_after: ColumnElement[bool] = columns[0] > after[0]
        return is_after
    bound = [literal(value, column.type) for column, value in zip(columns, after, strict=True)]
    return tuple_(*columns) > tuple_(*bound)


@dataclass(frozen=True)
class Look:
    """`columns` of each row, by the first `order` of them, from past `after` on."""

    columns: tuple[Any, ...]
    after: Key | None
    limit: int
    order: int


async def look(
    connection: AsyncConnection, what: Look, may_go: Sequence[ColumnElement[bool]]
) -> Found:
    """Which of the next rows may go. However few those are, it takes as long as `limit` rows."""
    order = what.columns[: what.order]
    after = None if what.after is None else what.after[: what.order]
    query = select(*what.columns, and_(*may_go).label("may_go")).where(is_past(order, after))
    rows = (await connection.execute(query.order_by(*order).limit(what.limit))).all()
    keys = [tuple(row[:-1]) for row in rows if row.may_go]
    return Found(keys, tuple(rows[-1][:-1]) if len(rows) == what.limit else None)


async def count(connection: AsyncConnection, table: Any, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(*conditions)
    return (await connection.execute(query)).scalar_one()
