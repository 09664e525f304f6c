"""The REST endpoints of other people's sessions, for moderators and admins."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.accounts import others_sessions
from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.sessions import (
    SessionRevokeRequest,
    SessionsRevokedResponse,
    UserSessionListResponse,
    UserSessionsQuery,
)

blueprint = Blueprint(
    "others_sessions", __name__, url_prefix="/api/admin/users/<id:user_id>/sessions"
)


@blueprint.get("")
@administered(ServerAct.SESSION_LIST)
@validate_querystring(UserSessionsQuery)
@document_response(UserSessionListResponse)
async def list_sessions_of(
    acting: Acting, user_id: UUID, query_args: UserSessionsQuery
) -> Response:
    """Somebody's logins that hold, the latest begun first. 200, or 400, 401, 403, 404, 429."""
    found = await others_sessions.list_sessions_of(current_resources(), user_id, query_args)
    return json_response(found)


@blueprint.post("/revoke")
@administered(ServerAct.SESSION_REVOKE)
@accepts(SessionRevokeRequest)
@document_response(SessionsRevokedResponse)
async def revoke_sessions_of(acting: Acting, user_id: UUID, data: SessionRevokeRequest) -> Response:
    """End somebody's logins; their sockets close with 4014.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(
        await others_sessions.revoke_sessions_of(current_resources(), acting, user_id, data)
    )
