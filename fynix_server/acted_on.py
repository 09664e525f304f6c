"""The person whom an act is about: found, locked until its commit, within the actor's power."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.errors import NotFound
from fynix_server.permissions import require_power_over, require_role
from fynix_server.policy import require_active
from fynix_server.tables import Report, User

PENDING = ("open", "assigned")
"""Cases that nobody has closed."""

_PERSON = select(User.id, User.username, User.role, User.status, User.status_until)


@dataclass(frozen=True, slots=True)
class ActedOn:
    """Somebody's row: `status` and `status_until` as they are stored."""

    id: UUID
    username: str
    role: str
    status: str
    status_until: datetime | None


async def find_person(connection: AsyncConnection, user_id: UUID) -> ActedOn:
    """Index: the primary key. Raises: NotFound (or erased)."""
    row = (await connection.execute(_PERSON.where(User.id == user_id))).one_or_none()
    return _unless_erased(None if row is None else ActedOn(*row))


async def lock_person(
    connection: AsyncConnection, acting: Acting, user_id: UUID, now: datetime
) -> ActedOn:
    """The person, as `lock_whoever_it_is`. Raises: what it raises, NotFound of the erased, too."""
    return _unless_erased(await lock_whoever_it_is(connection, acting, user_id, now))


async def lock_whoever_it_is(
    connection: AsyncConnection, acting: Acting, user_id: UUID, now: datetime
) -> ActedOn:
    """The person, erased or not, and whoever acts, as they are now: of two admins who take each
    other's role at once, the second has none any more, and the server keeps an admin.

    Nobody else changes the two before the commit; they may be referred to meanwhile, so that what
    they send does not wait. They are locked in the order of their ids. Index: the primary key.

    Raises: NotFound, InvalidInput (oneself), NotPermitted (their role is too high; whoever acts
    may do so no more).
    """
    query = _PERSON.where(User.id.in_({acting.user_id, user_id})).order_by(User.id)
    rows = await connection.execute(query.with_for_update(key_share=True))
    people = {row.id: ActedOn(*row) for row in rows}
    person, actor = people.get(user_id), people[acting.user_id]
    if person is None:
        raise _nobody()
    require_active(actor.status, actor.status_until, now)
    require_role(actor.role, acting.act)
    require_power_over(actor.id, actor.role, person.id, person.role)
    return person


async def pending_cases_about(connection: AsyncConnection, user_id: UUID) -> int:
    """Cases about them that nobody has closed. Index: idx_reports_target_status."""
    query = select(func.count()).where(Report.target_user_id == user_id, Report.status.in_(PENDING))
    return (await connection.execute(query)).scalar_one()


async def usernames_of(connection: AsyncConnection, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """As many as are given, so at most a page of them. Index: the primary key."""
    query = select(User.id, User.username).where(User.id.in_(set(user_ids)))
    return {user_id: username for user_id, username in await connection.execute(query)}


def _unless_erased(person: ActedOn | None) -> ActedOn:
    if person is None or person.status == "erased":
        raise _nobody()
    return person


def _nobody() -> NotFound:
    return NotFound("There is no such person.", code="user_not_found")
