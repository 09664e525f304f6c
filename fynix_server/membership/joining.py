"""Whom one may put into a conversation."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import User


async def lock_people(connection: AsyncConnection, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that are people, and are not erased before the commit
    (docs/decisions/0050-who-goes-is-locked.md). Before anything that makes them take part.

    In the order of their ids, as everybody locks. Index: pk_users.
    """
    query = select(User.id).where(User.id.in_(user_ids), User.status != "erased").order_by(User.id)
    locked = query.with_for_update(read=True, key_share=True)
    return set((await connection.execute(locked)).scalars())
