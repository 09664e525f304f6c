"""The REST endpoints of the queue of held messages."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.held_messages import deciding, looking
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.held import (
    HeldActResponse,
    HeldListResponse,
    HeldQuery,
    HeldReviewRequest,
    HeldReviewResponse,
)
from fynix_server.protocol.moderation import ActRequest

blueprint = Blueprint("held_messages", __name__, url_prefix="/api/admin/held")


@blueprint.get("")
@administered(ServerAct.HELD_LIST)
@validate_querystring(HeldQuery)
@document_response(HeldListResponse)
async def list_held(acting: Acting, query_args: HeldQuery) -> Response:
    """Held messages, oldest first, without what they say. 200, or 400, 401, 403, 429."""
    return json_response(await looking.list_held(current_resources(), query_args))


@blueprint.post("/review")
@administered(ServerAct.HELD_REVIEW)
@accepts(HeldReviewRequest)
@document_response(HeldReviewResponse)
async def review_held(acting: Acting, data: HeldReviewRequest) -> Response:
    """What held messages say: a page of them for one reason. 200, or 400, 401, 403, 429."""
    return json_response(await looking.review_held(current_resources(), acting, data))


@blueprint.post("/<id:message_id>/release")
@administered(ServerAct.HELD_RELEASE)
@accepts(ActRequest)
@document_response(HeldActResponse)
async def release_held(acting: Acting, message_id: UUID, data: ActRequest) -> Response:
    """Let a held message through: it arrives now. 200, or 400, 401, 403, 404, 409, 429."""
    done = await deciding.release_held(current_resources(), acting, message_id, data)
    return json_response(done)


@blueprint.post("/<id:message_id>/reject")
@administered(ServerAct.HELD_REJECT)
@accepts(ActRequest)
@document_response(HeldActResponse)
async def reject_held(acting: Acting, message_id: UUID, data: ActRequest) -> Response:
    """Delete a held message, and tell its sender. 200, or 400, 401, 403, 404, 409, 429."""
    done = await deciding.reject_held(current_resources(), acting, message_id, data)
    return json_response(done)
