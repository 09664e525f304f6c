"""SQL of maintenance. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import User


@dataclass(frozen=True)
class Person:
    """An account as an operator sees it."""

    id: UUID
    username: str
    display_name: str
    role: str
    status: str
    created_at: datetime


async def people_after(connection: AsyncConnection, after: str, limit: int) -> Sequence[Person]:
    """Accounts by name, from the one after `after` on ("": from the first).

    Index: the unique one of `username`.
    """
    statement = (
        select(User.id, User.username, User.display_name, User.role, User.status, User.created_at)
        .where(User.username > after)
        .order_by(User.username)
        .limit(limit)
    )
    return [Person(*row) for row in await connection.execute(statement)]


async def has_people(connection: AsyncConnection) -> bool:
    """Whether there is any account."""
    return (await connection.execute(select(User.id).limit(1))).first() is not None
