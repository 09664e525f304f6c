"""People as moderators see them."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import pending_cases_about
from fynix_server.errors import NotFound
from fynix_server.moderation import queries
from fynix_server.moderation.queries import ModeratedPerson, PeopleWanted
from fynix_server.policy import RestrictionKind
from fynix_server.protocol.accounts import Role
from fynix_server.protocol.moderation import (
    ModeratedUserDetails,
    ModeratedUserListResponse,
    ModeratedUserResponse,
    ModeratedUsersQuery,
    RestrictionResponse,
    Status,
)
from fynix_server.resources import Resources


async def list_people(
    resources: Resources, wanted: ModeratedUsersQuery
) -> ModeratedUserListResponse:
    """A page of people of any status, by name."""
    prefix, after = (wanted.q or "").lower(), (wanted.after or "").lower()
    if "\x00" in prefix + after:
        # No name has it, and Postgres would refuse the question.
        return ModeratedUserListResponse(users=[], next_after=None)
    now = resources.clock()
    which = PeopleWanted(prefix, wanted.role, wanted.status, after, now)
    async with resources.database.read() as connection:
        found = await queries.people(connection, which, wanted.limit + 1)
        page = found[: wanted.limit]
        users = await _with_restrictions(connection, page, now)
    return ModeratedUserListResponse(
        users=users, next_after=page[-1].username if len(found) > len(page) else None
    )


async def show_person(resources: Resources, user_id: UUID) -> ModeratedUserDetails:
    """A person, with what others said of them. Raises: NotFound."""
    now = resources.clock()
    async with resources.database.read() as connection:
        people = await described(connection, [user_id], now)
        if not people:
            raise NotFound("There is no such person.", code="user_not_found")
        return ModeratedUserDetails(
            **people[0].model_dump(),
            open_reports=await pending_cases_about(connection, user_id),
            blocks_received=await queries.blocks_received(connection, user_id),
            logins=await queries.logins(connection, user_id, now),
        )


async def described(
    connection: AsyncConnection, user_ids: list[UUID], now: datetime
) -> list[ModeratedUserResponse]:
    found = [await queries.find_person(connection, user_id) for user_id in user_ids]
    return await _with_restrictions(connection, [it for it in found if it is not None], now)


async def _with_restrictions(
    connection: AsyncConnection, people: list[ModeratedPerson], now: datetime
) -> list[ModeratedUserResponse]:
    restrictions = await queries.restrictions_of(connection, [it.id for it in people], now)
    return [_response(person, restrictions[person.id], now) for person in people]


def _response(
    person: ModeratedPerson, restrictions: dict[str, datetime | None], now: datetime
) -> ModeratedUserResponse:
    status = person.status_at(now)
    return ModeratedUserResponse(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        role=cast(Role, person.role),
        status=cast(Status, status),
        status_until=person.status_until if status == "suspended" else None,
        created_at=person.created_at,
        restrictions=[
            RestrictionResponse(kind=cast(RestrictionKind, kind), until=until)
            for kind, until in restrictions.items()
        ],
    )
