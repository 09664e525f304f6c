"""The REST endpoints of moderation: acts on people."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.moderation import looking, restricting, standing
from fynix_server.permissions import ServerAct
from fynix_server.protocol.moderation import (
    ActRequest,
    ModeratedUserDetails,
    ModeratedUserListResponse,
    ModeratedUsersQuery,
    RoleRequest,
    SuspendRequest,
    TimedActRequest,
    UserActResponse,
    WarnRequest,
)

blueprint = Blueprint("moderation", __name__, url_prefix="/api/admin/users")


@blueprint.get("")
@administered(ServerAct.USER_LIST)
@validate_querystring(ModeratedUsersQuery)
@document_response(ModeratedUserListResponse)
async def list_people(acting: Acting, query_args: ModeratedUsersQuery) -> Response:
    """People of any status, by username. 200, or 400, 401, 403, 429."""
    return json_response(await looking.list_people(current_resources(), query_args))


@blueprint.get("/<id:user_id>")
@administered(ServerAct.USER_SHOW)
@document_response(ModeratedUserDetails)
async def show_person(acting: Acting, user_id: UUID) -> Response:
    """A person, with what others said of them. 200, or 400, 401, 403, 404, 429."""
    return json_response(await looking.show_person(current_resources(), user_id))


@blueprint.post("/<id:user_id>/role")
@administered(ServerAct.USER_ROLE)
@accepts(RoleRequest)
@document_response(UserActResponse)
async def change_role(acting: Acting, user_id: UUID, data: RoleRequest) -> Response:
    """Change somebody's role on the server. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await standing.change_role(current_resources(), acting, user_id, data))


@blueprint.post("/<id:user_id>/warn")
@administered(ServerAct.USER_WARN)
@accepts(WarnRequest)
@document_response(UserActResponse)
async def warn(acting: Acting, user_id: UUID, data: WarnRequest) -> Response:
    """Tell somebody something as a moderator. 200, or 400, 401, 403, 404, 429."""
    return json_response(await restricting.warn(current_resources(), acting, user_id, data))


@blueprint.post("/<id:user_id>/suspend")
@administered(ServerAct.USER_SUSPEND)
@accepts(SuspendRequest)
@document_response(UserActResponse)
async def suspend(acting: Acting, user_id: UUID, data: SuspendRequest) -> Response:
    """Shut somebody out for a time; their sockets close with 4013.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await standing.suspend(current_resources(), acting, user_id, data))


@blueprint.post("/<id:user_id>/unsuspend")
@administered(ServerAct.USER_UNSUSPEND)
@accepts(ActRequest)
@document_response(UserActResponse)
async def unsuspend(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """End a suspension. 200, or 400, 401, 403, 404, 409, 429."""
    done = await standing.reinstate(current_resources(), acting, user_id, data, "suspended")
    return json_response(done)


@blueprint.post("/<id:user_id>/ban")
@administered(ServerAct.USER_BAN)
@accepts(ActRequest)
@document_response(UserActResponse)
async def ban(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Shut somebody out for good; their sockets close with 4013.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await standing.ban(current_resources(), acting, user_id, data))


@blueprint.post("/<id:user_id>/unban")
@administered(ServerAct.USER_UNBAN)
@accepts(ActRequest)
@document_response(UserActResponse)
async def unban(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """End a ban. 200, or 400, 401, 403, 404, 409, 429."""
    done = await standing.reinstate(current_resources(), acting, user_id, data, "banned")
    return json_response(done)


@blueprint.post("/<id:user_id>/mute")
@administered(ServerAct.USER_MUTE)
@accepts(TimedActRequest)
@document_response(UserActResponse)
async def mute(acting: Acting, user_id: UUID, data: TimedActRequest) -> Response:
    """Let somebody read but not write. 200, or 400, 401, 403, 404, 409, 429."""
    done = await restricting.restrict(current_resources(), acting, user_id, data, "muted")
    return json_response(done)


@blueprint.post("/<id:user_id>/unmute")
@administered(ServerAct.USER_UNMUTE)
@accepts(ActRequest)
@document_response(UserActResponse)
async def unmute(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Let somebody write again. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(
        await restricting.lift(current_resources(), acting, user_id, data, "muted")
    )


@blueprint.post("/<id:user_id>/shadow-limit")
@administered(ServerAct.USER_SHADOW_LIMIT)
@accepts(TimedActRequest)
@document_response(UserActResponse)
async def shadow_limit(acting: Acting, user_id: UUID, data: TimedActRequest) -> Response:
    """Let somebody write what only they themselves see. 200, or 400, 401, 403, 404, 409, 429."""
    done = await restricting.restrict(current_resources(), acting, user_id, data, "shadow_limited")
    return json_response(done)


@blueprint.post("/<id:user_id>/unshadow-limit")
@administered(ServerAct.USER_UNSHADOW_LIMIT)
@accepts(ActRequest)
@document_response(UserActResponse)
async def unshadow_limit(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Let others see what somebody writes again. 200, or 400, 401, 403, 404, 409, 429."""
    done = await restricting.lift(current_resources(), acting, user_id, data, "shadow_limited")
    return json_response(done)


@blueprint.post("/<id:user_id>/hold")
@administered(ServerAct.USER_HOLD)
@accepts(TimedActRequest)
@document_response(UserActResponse)
async def hold(acting: Acting, user_id: UUID, data: TimedActRequest) -> Response:
    """Hold whatever somebody writes for review. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(
        await restricting.restrict(current_resources(), acting, user_id, data, "held")
    )


@blueprint.post("/<id:user_id>/unhold")
@administered(ServerAct.USER_UNHOLD)
@accepts(ActRequest)
@document_response(UserActResponse)
async def unhold(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Hold no more of what somebody writes. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await restricting.lift(current_resources(), acting, user_id, data, "held"))
