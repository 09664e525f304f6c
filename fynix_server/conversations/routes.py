"""The REST endpoints of conversations."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.auth import Principal, authenticated
from fynix_server.conversations import group_roles, groups, service
from fynix_server.http import accepts, current_resources, json_response, no_content
from fynix_server.protocol.conversations import (
    ConversationCreate,
    ConversationListResponse,
    ConversationResponse,
    ConversationsQuery,
    ConversationUpdate,
    DryRunQuery,
    EventsQuery,
    EventsResponse,
    ParticipantAdd,
    ParticipantResponse,
    ParticipantUpdate,
)

blueprint = Blueprint("conversations", __name__, url_prefix="/api/conversations")


@blueprint.get("")
@authenticated()
@validate_querystring(ConversationsQuery)
@document_response(ConversationListResponse)
async def list_conversations(principal: Principal, query_args: ConversationsQuery) -> Response:
    """A page of one's conversations, the most recently active first. 200, or 400, 401, 429."""
    page = await service.list_conversations(current_resources(), principal.user_id, query_args)
    return json_response(page)


@blueprint.post("/dm/<id:other_user_id>")
@authenticated()
@document_response(ConversationResponse, 200)
@document_response(ConversationResponse, 201)
async def open_dm(principal: Principal, other_user_id: UUID) -> Response:
    """Start a direct conversation, or get the one there is. 201 or 200; 400, 401, 404, 429."""
    conversation, is_new = await service.open_dm(
        current_resources(), principal.user_id, other_user_id
    )
    return json_response(conversation, 201 if is_new else 200)


@blueprint.post("")
@authenticated()
@accepts(ConversationCreate)
@document_response(ConversationResponse, 201)
async def create_group(principal: Principal, data: ConversationCreate) -> Response:
    """Start a group, as its owner. 201, or 400, 401, 403, 404, 429."""
    conversation = await service.create_group(current_resources(), principal.user_id, data)
    return json_response(conversation, 201)


@blueprint.get("/<id:conversation_id>")
@authenticated()
@document_response(ConversationResponse)
async def get_conversation(principal: Principal, conversation_id: UUID) -> Response:
    """One of one's conversations. 200, or 400, 401, 403, 404, 429."""
    conversation = await service.get_conversation(
        current_resources(), principal.user_id, conversation_id
    )
    return json_response(conversation)


@blueprint.patch("/<id:conversation_id>")
@authenticated()
@accepts(ConversationUpdate)
@document_response(ConversationResponse)
async def update_group(
    principal: Principal, conversation_id: UUID, data: ConversationUpdate
) -> Response:
    """Rename or describe a group, as its owner or an admin. 200, or 400, 401, 403, 404, 429."""
    conversation = await groups.update_group(
        current_resources(), principal.user_id, conversation_id, data
    )
    return json_response(conversation)


@blueprint.post("/<id:conversation_id>/participants")
@authenticated()
@accepts(ParticipantAdd)
@document_response(ParticipantResponse, 201)
async def add_participant(
    principal: Principal, conversation_id: UUID, data: ParticipantAdd
) -> Response:
    """Add somebody to a group, as its owner or an admin. 201, or 400, 401, 403, 404, 409, 429."""
    participant = await groups.add_participant(
        current_resources(), principal.user_id, conversation_id, data.user_id
    )
    return json_response(participant, 201)


@blueprint.patch("/<id:conversation_id>/participants/<id:user_id>")
@authenticated()
@validate_querystring(DryRunQuery)
@accepts(ParticipantUpdate)
@document_response(ParticipantResponse)
async def change_participant_role(
    principal: Principal,
    conversation_id: UUID,
    user_id: UUID,
    data: ParticipantUpdate,
    query_args: DryRunQuery,
) -> Response:
    """Change somebody's role in a group, as its owner, or give it to them.

    200, or 400, 401, 403, 404, 409, 429.
    """
    asked = group_roles.RoleChange(conversation_id, user_id, data.role, query_args.dry_run)
    participant = await group_roles.change_role(current_resources(), principal.user_id, asked)
    return json_response(participant)


@blueprint.delete("/<id:conversation_id>/participants/<id:user_id>")
@authenticated()
@validate_querystring(DryRunQuery)
async def remove_participant(
    principal: Principal, conversation_id: UUID, user_id: UUID, query_args: DryRunQuery
) -> Response:
    """Leave a group, or take somebody out of it. 204, or 400, 401, 403, 404, 429."""
    asked = groups.Removal(conversation_id, user_id, query_args.dry_run)
    await groups.remove_participant(current_resources(), principal.user_id, asked)
    return no_content()


@blueprint.get("/<id:conversation_id>/events")
@authenticated()
@validate_querystring(EventsQuery)
@document_response(EventsResponse)
async def list_events(
    principal: Principal, conversation_id: UUID, query_args: EventsQuery
) -> Response:
    """What happened after a number, as its frames. 200, or 400, 401, 403, 404, 429."""
    page = await service.list_events(
        current_resources(), principal.user_id, conversation_id, query_args
    )
    return json_response(page)
