"""Who wants nothing from whom, asked of single people."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from fynix_server.tables import Block


async def blocked_among(
    connection: AsyncConnection, blocker_id: UUID, user_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Those of them whom `blocker_id` has blocked. Index: pk_blocks."""
    if not user_ids:
        return frozenset()
    query = select(Block.blocked_id).where(
        Block.blocker_id == blocker_id, Block.blocked_id.in_(user_ids)
    )
    return frozenset((await connection.execute(query)).scalars())


def is_blocked_by(blocker_id: UUID, user_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """A column that says whether `blocker_id` has blocked each of `user_id`. Index: pk_blocks."""
    return exists().where(Block.blocker_id == blocker_id, Block.blocked_id == user_id)


async def severed_from(
    connection: AsyncConnection, user_id: UUID, user_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Those of them between whom and `user_id` a block stands, whoever has set it.

    Indexes: pk_blocks, idx_blocks_blocked.
    """
    if not user_ids:
        return frozenset()
    query = select(Block.blocker_id, Block.blocked_id).where(
        or_(
            and_(Block.blocker_id == user_id, Block.blocked_id.in_(user_ids)),
            and_(Block.blocked_id == user_id, Block.blocker_id.in_(user_ids)),
        )
    )
    rows = await connection.execute(query)
    return frozenset(it for row in rows for it in row if it != user_id)
