"""The REST endpoints of moderation: acts on messages and conversations."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.moderation.content import freezing, messages, purging, reading
from fynix_server.permissions import ServerAct
from fynix_server.protocol.moderated_content import (
    ConversationActResponse,
    MessageActResponse,
    PurgeRequest,
    PurgeResponse,
    ReviewRequest,
    ReviewResponse,
)
from fynix_server.protocol.moderation import ActRequest

blueprint = Blueprint("moderated_content", __name__, url_prefix="/api/admin")


@blueprint.post("/conversations/<id:conversation_id>/messages/<id:message_id>/delete")
@administered(ServerAct.MESSAGE_DELETE)
@accepts(ActRequest)
@document_response(MessageActResponse)
async def take_down_message(
    acting: Acting, conversation_id: UUID, message_id: UUID, data: ActRequest
) -> Response:
    """Delete anybody's message. 200, or 400, 401, 403, 404, 409, 429."""
    done = await messages.take_down_message(
        current_resources(), acting, conversation_id, message_id, data
    )
    return json_response(done)


@blueprint.post("/conversations/<id:conversation_id>/messages/<id:message_id>/restore")
@administered(ServerAct.MESSAGE_RESTORE)
@accepts(ActRequest)
@document_response(MessageActResponse)
async def restore_message(
    acting: Acting, conversation_id: UUID, message_id: UUID, data: ActRequest
) -> Response:
    """Show a message again that a moderator deleted. 200, or 400, 401, 403, 404, 409, 429."""
    done = await messages.restore_message(
        current_resources(), acting, conversation_id, message_id, data
    )
    return json_response(done)


@blueprint.post("/conversations/<id:conversation_id>/freeze")
@administered(ServerAct.CONVERSATION_FREEZE)
@accepts(ActRequest)
@document_response(ConversationActResponse)
async def freeze_conversation(acting: Acting, conversation_id: UUID, data: ActRequest) -> Response:
    """Let nobody write in a conversation. 200, or 400, 401, 403, 404, 409, 429."""
    done = await freezing.set_frozen(
        current_resources(), acting, conversation_id, data, is_frozen=True
    )
    return json_response(done)


@blueprint.post("/conversations/<id:conversation_id>/unfreeze")
@administered(ServerAct.CONVERSATION_UNFREEZE)
@accepts(ActRequest)
@document_response(ConversationActResponse)
async def unfreeze_conversation(
    acting: Acting, conversation_id: UUID, data: ActRequest
) -> Response:
    """Let a conversation go on. 200, or 400, 401, 403, 404, 409, 429."""
    done = await freezing.set_frozen(
        current_resources(), acting, conversation_id, data, is_frozen=False
    )
    return json_response(done)


@blueprint.post("/conversations/<id:conversation_id>/read")
@administered(ServerAct.CONVERSATION_READ)
@accepts(ReviewRequest)
@document_response(ReviewResponse)
async def review_conversation(
    acting: Acting, conversation_id: UUID, data: ReviewRequest
) -> Response:
    """Read a reported conversation; each page is recorded. 200, or 400, 401, 403, 404, 429."""
    page = await reading.review_conversation(current_resources(), acting, conversation_id, data)
    return json_response(page)


@blueprint.post("/users/<id:user_id>/purge")
@administered(ServerAct.USER_PURGE)
@accepts(PurgeRequest)
@document_response(PurgeResponse)
async def purge_person(acting: Acting, user_id: UUID, data: PurgeRequest) -> Response:
    """Remove what somebody wrote lately, as much as fits. 200, or 400, 401, 403, 404, 429."""
    return json_response(await purging.purge_person(current_resources(), acting, user_id, data))
