"""The SQL of names that the audit log does not hold. Takes the connection first."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import User


async def usernames_of(connection: AsyncConnection, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """What people are called now; left out where they were erased. Index: the primary key."""
    query = select(User.id, User.username).where(User.id.in_(user_ids), User.status != "erased")
    return {user_id: username for user_id, username in await connection.execute(query)}
