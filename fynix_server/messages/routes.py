"""The REST endpoints of messages."""

from uuid import UUID

from quart import Blueprint, Response, g, request
from quart_schema import document_response, validate_querystring

from fynix_server.auth import Principal, authenticated
from fynix_server.errors import InvalidInput
from fynix_server.http import accepts, current_resources, json_response, no_content
from fynix_server.messages import editing, reading, service
from fynix_server.protocol.messages import (
    MarkRead,
    MarkReadResponse,
    MessageCreate,
    MessageResponse,
    MessagesListResponse,
    MessagesQuery,
    MessageUpdate,
)

blueprint = Blueprint("messages", __name__, url_prefix="/api/conversations/<id:conversation_id>")


@blueprint.get("/messages")
@authenticated()
@validate_querystring(MessagesQuery)
@document_response(MessagesListResponse)
async def list_messages(
    principal: Principal, conversation_id: UUID, query_args: MessagesQuery
) -> Response:
    """A page of messages, newest first. 200, or 400, 401, 403, 404, 429."""
    page = await reading.list_messages(current_resources(), principal, conversation_id, query_args)
    return json_response(page)


@blueprint.post("/messages")
@authenticated(bucket=None)  # `send_message` consumes the bucket `messages` itself
@accepts(MessageCreate)
@document_response(MessageResponse, 200)
@document_response(MessageResponse, 201)
async def send_message(
    principal: Principal, conversation_id: UUID, data: MessageCreate
) -> Response:
    """Send a message. 201, or 200 for a retry; 400, 401, 403, 404, 409, 429, 503."""
    draft = _with_idempotency_key(data)
    sending = await service.send_message(current_resources(), principal, conversation_id, draft)
    g.rate_limit = sending.limit
    sent = await sending.sent
    g.rate_limit = sent.limit
    headers = {"Idempotent-Replayed": "true"} if sent.is_replay else None
    return Response(
        sent.message_json,
        200 if sent.is_replay else 201,
        headers=headers,
        content_type="application/json",
    )


def _with_idempotency_key(data: MessageCreate) -> MessageCreate:
    """`Idempotency-Key` is the header's way to say `client_message_id`; both must agree."""
    key = request.headers.get("Idempotency-Key")
    if key is None or key == data.client_message_id:
        return data
    if data.client_message_id is not None:
        raise InvalidInput("Idempotency-Key and client_message_id differ.")
    return MessageCreate(
        content=data.content, content_type=data.content_type, client_message_id=key
    )


@blueprint.patch("/read")
@authenticated()
@accepts(MarkRead)
@document_response(MarkReadResponse)
async def mark_read(principal: Principal, conversation_id: UUID, data: MarkRead) -> Response:
    """Mark everything up to a message as read. 200, or 400, 401, 403, 404, 429."""
    marked = await reading.mark_read(
        current_resources(), principal, conversation_id, data.message_id
    )
    return json_response(marked)


@blueprint.patch("/messages/<id:message_id>")
@authenticated()
@accepts(MessageUpdate)
@document_response(MessageResponse)
async def edit_message(
    principal: Principal, conversation_id: UUID, message_id: UUID, data: MessageUpdate
) -> Response:
    """Change the text of one's own message. 200, or 400, 401, 403, 404, 429."""
    message = await editing.edit_message(
        current_resources(), principal, conversation_id, message_id, data.content
    )
    return json_response(message)


@blueprint.delete("/messages/<id:message_id>")
@authenticated()
async def delete_message(principal: Principal, conversation_id: UUID, message_id: UUID) -> Response:
    """Delete one's own message; again is no error. 204, or 400, 401, 403, 404, 429."""
    await editing.delete_message(current_resources(), principal, conversation_id, message_id)
    return no_content()
