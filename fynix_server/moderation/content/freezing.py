"""Freezing a conversation: everybody reads it, nobody writes in it."""

from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, NotFound
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_event, event_frame
from fynix_server.membership import active_member_ids
from fynix_server.moderation.content import queries
from fynix_server.moderation.content.queries import ModeratedConversation
from fynix_server.protocol.moderated_content import ConversationActResponse
from fynix_server.protocol.moderation import ActRequest
from fynix_server.resources import Resources


async def set_frozen(
    resources: Resources,
    acting: Acting,
    conversation_id: UUID,
    request: ActRequest,
    *,
    is_frozen: bool,
) -> ConversationActResponse:
    """Freeze a conversation, or let it go on; its people are told.

    Raises: NotFound, Conflict (it is so already).
    """
    now = resources.clock()
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        locked = await queries.lock_conversations(connection, [conversation_id])
        conversation = _require_other(locked.get(conversation_id), is_frozen=is_frozen)
        await queries.set_frozen(connection, conversation_id, now if is_frozen else None)
        event = _event(conversation, acting.user_id, is_frozen=is_frozen)
        seq = await append_event(connection, event, now)
        members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
        before, after = {"is_frozen": not is_frozen}, {"is_frozen": is_frozen}
        act = Act(acting.act, "conversation", str(conversation_id), before, after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        frame = event_frame(event.type, conversation_id, seq, event.payload)
        resources.event_bus.publish(
            Envelope(MESSAGES, members, frame, conversation_id, seq, for_opted_in=True)
        )
    return ConversationActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        conversation_id=conversation_id,
        is_group=conversation.is_group,
        is_frozen=is_frozen,
    )


def _require_other(
    conversation: ModeratedConversation | None, *, is_frozen: bool
) -> ModeratedConversation:
    if conversation is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    if is_frozen and conversation.frozen_at is not None:
        raise Conflict("It is frozen already.", code="already_so")
    if not is_frozen and conversation.frozen_at is None:
        raise Conflict("It is not frozen.", code="not_so")
    return conversation


def _event(conversation: ModeratedConversation, actor_id: UUID, *, is_frozen: bool) -> NewEvent:
    payload = {
        "name": conversation.name,
        "description": conversation.description,
        "updated_by": None,  # its people are not told which moderator it was
        "is_frozen": is_frozen,
    }
    return NewEvent(conversation.id, "conversation_updated", actor_id, None, payload)
