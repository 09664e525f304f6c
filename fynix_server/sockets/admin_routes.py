"""The REST endpoints of people's connections, for moderators."""

from typing import cast
from uuid import UUID

from quart import Blueprint, Response, current_app
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.connections import (
    ConnectionKickRequest,
    ConnectionListResponse,
    ConnectionsKickedResponse,
    ConnectionsQuery,
)
from fynix_server.sockets import kicking
from fynix_server.sockets.live import Live
from fynix_server.sockets.roll_call import RollCall

blueprint = Blueprint("connections", __name__, url_prefix="/api/admin")


@blueprint.get("/connections")
@administered(ServerAct.CONNECTION_LIST)
@validate_querystring(ConnectionsQuery)
@document_response(ConnectionListResponse)
async def list_connections(acting: Acting, query_args: ConnectionsQuery) -> Response:
    """Open connections on all instances, the longest open first.

    200, or 400, 401, 403, 404, 429.
    """
    return json_response(
        await kicking.list_connections(current_resources(), _roll_call(), query_args)
    )


@blueprint.post("/users/<id:user_id>/connections/kick")
@administered(ServerAct.CONNECTION_KICK)
@accepts(ConnectionKickRequest)
@document_response(ConnectionsKickedResponse)
async def kick_connections(acting: Acting, user_id: UUID, data: ConnectionKickRequest) -> Response:
    """Close somebody's connections with 1012. 200, or 400, 401, 403, 404, 429."""
    done = await kicking.kick(current_resources(), _roll_call(), acting, user_id, data)
    return json_response(done)


def _roll_call() -> RollCall:
    return cast(Live, current_app.extensions["live"]).roll_call
