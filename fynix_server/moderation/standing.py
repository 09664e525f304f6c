"""Somebody's standing on the server: their role, suspensions, bans."""

from datetime import datetime, timedelta
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.errors import Conflict
from fynix_server.moderation import queries
from fynix_server.moderation.acting import Apply, Change, OnPerson, act_on_person, moment_text
from fynix_server.protocol.moderation import (
    ActRequest,
    RoleRequest,
    Status,
    SuspendRequest,
    UserActResponse,
)
from fynix_server.resources import Resources


async def change_role(
    resources: Resources, acting: Acting, user_id: UUID, request: RoleRequest
) -> UserActResponse:
    """Make somebody a user, a moderator or an admin. Raises: Conflict (they are that)."""

    async def apply(on: OnPerson) -> Change:
        if on.person.role == request.role:
            raise Conflict(f"They are {request.role} already.", code="already_so")
        await queries.change_person(on.connection, user_id, role=request.role)
        return Change({"role": on.person.role}, {"role": request.role})

    return await act_on_person(resources, acting, user_id, request, apply)


async def suspend(
    resources: Resources, acting: Acting, user_id: UUID, request: SuspendRequest
) -> UserActResponse:
    """Let somebody do nothing for a time; their sockets close (4013). Raises: Conflict."""

    async def apply(on: OnPerson) -> Change:
        if on.status != "active":
            raise Conflict(f"They are {on.status} already.", code="already_so")
        return await _set_status(on, "suspended", on.now + timedelta(seconds=request.seconds))

    return await _shut_out(resources, acting, user_id, request, apply)


async def ban(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest
) -> UserActResponse:
    """Let somebody do nothing any more; their sockets close (4013). Raises: Conflict."""

    async def apply(on: OnPerson) -> Change:
        if on.status == "banned":
            raise Conflict("They are banned already.", code="already_so")
        return await _set_status(on, "banned", None)

    return await _shut_out(resources, acting, user_id, request, apply)


async def reinstate(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest, status: Status
) -> UserActResponse:
    """End a suspension, or a ban (`status` says which). Raises: Conflict (there is none)."""

    async def apply(on: OnPerson) -> Change:
        if on.status != status:
            raise Conflict(f"They are not {status}.", code="not_so")
        return await _set_status(on, "active", None)

    return await act_on_person(resources, acting, user_id, request, apply)


async def _shut_out(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest, apply: Apply
) -> UserActResponse:
    done = await act_on_person(resources, acting, user_id, request, apply)
    if not request.dry_run:
        resources.event_bus.publish_control({"type": "shut_out", "user_id": str(user_id)})
    return done


async def _set_status(on: OnPerson, status: str, until: datetime | None) -> Change:
    await queries.change_person(
        on.connection,
        on.person.id,
        status=status,
        status_until=until,
        status_changed_at=on.now,
    )
    return Change(
        {"status": on.status, "until": moment_text(on.person.status_until)},
        {"status": status, "until": moment_text(until)},
    )
