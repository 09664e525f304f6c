"""SQL of moderation. Nothing here commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy import status_at
from fynix_server.tables import Block, Restriction, Session, User, is_active_at

_LAST_CHARACTER = "\U0010ffff"
_PERSON = (
    User.id,
    User.username,
    User.display_name,
    User.role,
    User.status,
    User.status_until,
    User.created_at,
)


@dataclass(frozen=True, slots=True)
class ModeratedPerson:
    """A person's row, without restrictions."""

    id: UUID
    username: str
    display_name: str
    role: str
    status: str
    status_until: datetime | None
    created_at: datetime

    def status_at(self, now: datetime) -> str:
        """A suspension that is over leaves the account active, without anybody's act."""
        return status_at(self.status, self.status_until, now)


async def find_person(connection: AsyncConnection, user_id: UUID) -> ModeratedPerson | None:
    """Index: the primary key."""
    row = (await connection.execute(select(*_PERSON).where(User.id == user_id))).one_or_none()
    return None if row is None else ModeratedPerson(*row)


async def load_person(connection: AsyncConnection, user_id: UUID) -> ModeratedPerson:
    """Somebody who is known to be there. Index: the primary key."""
    return ModeratedPerson(
        *(await connection.execute(select(*_PERSON).where(User.id == user_id))).one()
    )


@dataclass(frozen=True, slots=True)
class PeopleWanted:
    """Which people to list: of a role, of a status at `now`, by the beginning of their name."""

    prefix: str
    role: str | None
    status: str | None
    after: str | None
    now: datetime


async def people(
    connection: AsyncConnection, wanted: PeopleWanted, limit: int
) -> list[ModeratedPerson]:
    """At most `limit`, by username.

    Indexes: uq_users_username, idx_users_role, idx_users_status.
    """
    conditions: list[ColumnElement[bool]] = []
    if wanted.prefix:
        conditions += [
            User.username >= wanted.prefix,
            User.username < wanted.prefix + _LAST_CHARACTER,
        ]
    if wanted.after:
        conditions.append(User.username > wanted.after)
    if wanted.role:
        conditions.append(User.role == wanted.role)
    if wanted.status == "active":
        conditions.append(is_active_at(wanted.now))
    elif wanted.status:
        conditions += [User.status == wanted.status, not_(is_active_at(wanted.now))]
    query = select(*_PERSON).where(*conditions).order_by(User.username).limit(limit)
    return [ModeratedPerson(*row) for row in await connection.execute(query)]


async def change_person(connection: AsyncConnection, user_id: UUID, **changes: Any) -> None:
    """Set the columns named."""
    await connection.execute(update(User).where(User.id == user_id).values(**changes))


async def restrictions_of(
    connection: AsyncConnection, user_ids: list[UUID], now: datetime
) -> dict[UUID, dict[str, datetime | None]]:
    """What is in force for each, by kind until when. Index: the primary key."""
    query = select(Restriction.user_id, Restriction.kind, Restriction.until).where(
        Restriction.user_id.in_(user_ids)
    )
    found: dict[UUID, dict[str, datetime | None]] = {it: {} for it in user_ids}
    for user_id, kind, until in await connection.execute(query.order_by(Restriction.kind)):
        if until is None or until > now:
            found[user_id][kind] = until
    return found


async def add_restriction(connection: AsyncConnection, restriction: dict[str, Any]) -> None:
    """In place of one of the kind that is over."""
    await remove_restriction(connection, restriction["user_id"], restriction["kind"])
    await connection.execute(insert(Restriction), restriction)


async def remove_restriction(connection: AsyncConnection, user_id: UUID, kind: str) -> None:
    await connection.execute(
        delete(Restriction).where(Restriction.user_id == user_id, Restriction.kind == kind)
    )


async def blocks_received(connection: AsyncConnection, user_id: UUID) -> int:
    """How many have blocked them. Index: idx_blocks_blocked."""
    query = select(func.count()).where(Block.blocked_id == user_id)
    return (await connection.execute(query)).scalar_one()


async def logins(connection: AsyncConnection, user_id: UUID, now: datetime) -> int:
    """Sessions of theirs that hold. Index: idx_sessions_user."""
    query = select(func.count()).where(
        Session.user_id == user_id, Session.revoked_at.is_(None), Session.expires_at > now
    )
    return (await connection.execute(query)).scalar_one()
