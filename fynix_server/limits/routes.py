"""The REST endpoints of a person's rate limits, for admins."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.limits import service, standing
from fynix_server.permissions import ServerAct
from fynix_server.protocol.limits import (
    LimitClearRequest,
    LimitExemptRequest,
    LimitResetRequest,
    LimitsActResponse,
    LimitSetRequest,
    LimitsResetResponse,
    UserLimitsResponse,
)

blueprint = Blueprint("limits", __name__, url_prefix="/api/admin/users/<id:user_id>/limits")


@blueprint.get("")
@administered(ServerAct.LIMITS_SHOW)
@document_response(UserLimitsResponse)
async def show_limits(acting: Acting, user_id: UUID) -> Response:
    """Every bucket of a person, and what is used of it. 200, or 400, 401, 403, 404, 429."""
    return json_response(await standing.show_limits(current_resources(), user_id))


@blueprint.post("/set")
@administered(ServerAct.LIMITS_SET)
@accepts(LimitSetRequest)
@document_response(LimitsActResponse)
async def set_limit(acting: Acting, user_id: UUID, data: LimitSetRequest) -> Response:
    """Give a person another limit than everybody's. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await service.set_limit(current_resources(), acting, user_id, data))


@blueprint.post("/exempt")
@administered(ServerAct.LIMITS_EXEMPT)
@accepts(LimitExemptRequest)
@document_response(LimitsActResponse)
async def exempt_from_limits(acting: Acting, user_id: UUID, data: LimitExemptRequest) -> Response:
    """Let a person do something as often as they like. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await service.exempt(current_resources(), acting, user_id, data))


@blueprint.post("/clear")
@administered(ServerAct.LIMITS_SET)
@accepts(LimitClearRequest)
@document_response(LimitsActResponse)
async def clear_limits(acting: Acting, user_id: UUID, data: LimitClearRequest) -> Response:
    """Let what holds for everybody hold for a person. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await service.clear_limits(current_resources(), acting, user_id, data))


@blueprint.post("/reset")
@administered(ServerAct.LIMITS_RESET)
@accepts(LimitResetRequest)
@document_response(LimitsResetResponse)
async def reset_limits(acting: Acting, user_id: UUID, data: LimitResetRequest) -> Response:
    """Forget what was counted of a person. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.reset_limits(current_resources(), acting, user_id, data))
