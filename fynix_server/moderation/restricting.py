"""What somebody may write, and being told so."""

from datetime import timedelta
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.errors import Conflict
from fynix_server.moderation import queries
from fynix_server.moderation.acting import Change, OnPerson, act_on_person, moment_text
from fynix_server.notifying import add_notice, announce_notice
from fynix_server.policy import RestrictionKind
from fynix_server.protocol.moderation import (
    ActRequest,
    TimedActRequest,
    UserActResponse,
    WarnRequest,
)
from fynix_server.resources import Resources


async def restrict(
    resources: Resources,
    acting: Acting,
    user_id: UUID,
    request: TimedActRequest,
    kind: RestrictionKind,
) -> UserActResponse:
    """Mute somebody, limit them in the shadow, or hold what they write. Raises: Conflict."""

    async def apply(on: OnPerson) -> Change:
        if kind in on.restrictions:
            raise Conflict("They are so already; lift it first.", code="already_so")
        until = on.now + timedelta(seconds=request.seconds) if request.seconds else None
        row = {
            "user_id": user_id,
            "kind": kind,
            "until": until,
            "set_by": acting.actor.id,
            "created_at": on.now,
        }
        await queries.add_restriction(on.connection, row)
        return Change({}, {kind: True, "until": moment_text(until)})

    return await act_on_person(resources, acting, user_id, request, apply)


async def lift(
    resources: Resources,
    acting: Acting,
    user_id: UUID,
    request: ActRequest,
    kind: RestrictionKind,
) -> UserActResponse:
    """End a restriction before its time. Raises: Conflict (there is none)."""

    async def apply(on: OnPerson) -> Change:
        if kind not in on.restrictions:
            raise Conflict("They are not.", code="not_so")
        await queries.remove_restriction(on.connection, user_id, kind)
        return Change({kind: True, "until": moment_text(on.restrictions[kind])}, {kind: False})

    return await act_on_person(resources, acting, user_id, request, apply)


async def warn(
    resources: Resources, acting: Acting, user_id: UUID, request: WarnRequest
) -> UserActResponse:
    """Tell somebody something, at once where they are connected; it stays among their notices."""

    async def apply(on: OnPerson) -> Change:
        await add_notice(on.connection, user_id, "warning", request.text, on.now)
        return Change({}, {"text": request.text})

    done = await act_on_person(resources, acting, user_id, request, apply)
    if not request.dry_run:
        announce_notice(resources.event_bus, user_id, request.text)
    return done
