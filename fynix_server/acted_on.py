"""The person whom an act is about: found, locked until its commit, within the actor's power."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.errors import NotFound
from fynix_server.permissions import require_power_over
from fynix_server.tables import Report, User

PENDING = ("open", "assigned")
"""Cases that nobody has closed."""


@dataclass(frozen=True, slots=True)
class ActedOn:
    """Somebody who has not been erased."""

    id: UUID
    username: str
    role: str


async def find_person(connection: AsyncConnection, user_id: UUID) -> ActedOn:
    """Index: the primary key. Raises: NotFound."""
    return await _person(connection, _query(user_id))


async def lock_person(connection: AsyncConnection, acting: Acting, user_id: UUID) -> ActedOn:
    """The person, whom nobody else changes before the commit; they may be referred to meanwhile,
    so that what they send does not wait. Index: the primary key.

    Raises: NotFound, InvalidInput (oneself), NotPermitted (their role is too high).
    """
    person = await _person(connection, _query(user_id).with_for_update(key_share=True))
    require_power_over(acting.user_id, acting.role, person.id, person.role)
    return person


async def pending_cases_about(connection: AsyncConnection, user_id: UUID) -> int:
    """Cases about them that nobody has closed. Index: idx_reports_target_status."""
    query = select(func.count()).where(Report.target_user_id == user_id, Report.status.in_(PENDING))
    return (await connection.execute(query)).scalar_one()


async def usernames_of(connection: AsyncConnection, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """As many as are given, so at most a page of them. Index: the primary key."""
    query = select(User.id, User.username).where(User.id.in_(set(user_ids)))
    return {user_id: username for user_id, username in await connection.execute(query)}


def _query(user_id: UUID) -> Select[UUID, str, str]:
    return select(User.id, User.username, User.role).where(
        User.id == user_id, User.status != "erased"
    )


async def _person(connection: AsyncConnection, query: Select[UUID, str, str]) -> ActedOn:
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such person.", code="user_not_found")
    return ActedOn(*row)
