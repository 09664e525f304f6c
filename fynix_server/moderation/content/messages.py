"""Deleting anybody's message, and restoring what a moderator deleted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, NotFound
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_event, event_frame, hidden_message_frame
from fynix_server.membership import load_members
from fynix_server.moderation.content import queries
from fynix_server.moderation.content.deleting import delete_messages
from fynix_server.permissions import require_power_over
from fynix_server.policy import Horizon
from fynix_server.protocol.moderated_content import MessageActResponse
from fynix_server.protocol.moderation import ActRequest
from fynix_server.read_state import message_response, read_markers
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


@dataclass(frozen=True, slots=True)
class OnMessage:
    """The transaction of an act, and the message that it is about; its conversation is locked."""

    connection: AsyncConnection
    row: AnyRow
    actor_id: UUID
    now: datetime


Apply = Callable[[OnMessage], Awaitable[list[Envelope]]]


async def take_down_message(
    resources: Resources,
    acting: Acting,
    conversation_id: UUID,
    message_id: UUID,
    request: ActRequest,
) -> MessageActResponse:
    """Hide anybody's message from everybody. Raises: Conflict (it is deleted already)."""

    async def apply(on: OnMessage) -> list[Envelope]:
        if on.row.is_deleted:
            raise Conflict("It is deleted already.", code="already_so")
        return await delete_messages(on.connection, [on.row], on.actor_id, on.now)

    return await _act_on_message(resources, acting, (conversation_id, message_id), request, apply)


async def restore_message(
    resources: Resources,
    acting: Acting,
    conversation_id: UUID,
    message_id: UUID,
    request: ActRequest,
) -> MessageActResponse:
    """Show a message again that a moderator deleted.

    Raises: Conflict (it is not deleted, its sender did it, or it is not to be shown any more).
    """
    horizon = await resources.policy.horizon()

    async def apply(on: OnMessage) -> list[Envelope]:
        _require_restorable(on.row, horizon)
        await queries.mark_restored(on.connection, message_id, on.now)
        if on.row.hidden_because is None:
            await queries.count_more(on.connection, {conversation_id: 1})
        event = NewEvent(conversation_id, "message_updated", on.actor_id, message_id, {})
        seq = await append_event(on.connection, event, on.now)
        return [await _restoration(on, seq)]

    return await _act_on_message(resources, acting, (conversation_id, message_id), request, apply)


def _require_restorable(row: AnyRow, horizon: Horizon) -> None:
    if not row.is_deleted:
        raise Conflict("It is not deleted.", code="not_so")
    # Nobody is noted for what was deleted by senders before it was noted.
    if row.deleted_by is None or row.deleted_by == row.sender_id:
        raise Conflict("Its sender deleted it: that is theirs to do.", code="not_restorable")
    if not row.content or row.sender_status == "erased":
        raise Conflict("Its text was erased, or is about to be.", code="not_restorable")
    if horizon.hides(row.conversation_id, row.created_at):
        raise Conflict("It is past its retention.", code="not_restorable")


async def _restoration(on: OnMessage, seq: int) -> Envelope:
    """Its frame; those who may not read the message are told its number only."""
    row = on.row
    room = await load_members(on.connection, row.conversation_id)
    markers = await read_markers(on.connection, row.sender_id, [row.conversation_id])
    is_hidden = row.hidden_because is not None
    excluded = tuple(
        it.user_id
        for it in markers[row.conversation_id]
        if it.joined_seq > row.seq or (is_hidden and it.user_id != row.sender_id)
    )
    payload = {"message": message_response(row, None, ()).model_dump(mode="json")}
    return Envelope(
        MESSAGES,
        tuple(room.ids),
        event_frame("message_updated", row.conversation_id, seq, payload),
        row.conversation_id,
        seq,
        for_opted_in=True,
        excluded=excluded,
        excluded_frame=hidden_message_frame(row.conversation_id, seq, row.id),
        blockers=tuple(room.blockers_of(row.sender_id)),
    )


async def _act_on_message(
    resources: Resources,
    acting: Acting,
    ids: tuple[UUID, UUID],
    request: ActRequest,
    apply: Apply,
) -> MessageActResponse:
    """Let `apply` change a message, record it, and publish what it says; or nothing of that.

    Raises: NotFound, InvalidInput (one's own), NotPermitted (its sender's role is too high).
    """
    conversation_id, message_id = ids
    now = resources.clock()
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        row = await _locked_message(connection, conversation_id, message_id)
        require_power_over(acting.user_id, acting.role, row.sender_id, row.sender_role)
        envelopes = await apply(OnMessage(connection, row, acting.user_id, now))
        act = Act(
            acting.act,
            "message",
            str(message_id),
            {"is_deleted": row.is_deleted},
            {"is_deleted": not row.is_deleted, **_place(row)},
            request.reason,
        )
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        for envelope in envelopes:
            resources.event_bus.publish(envelope)
    return MessageActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        conversation_id=conversation_id,
        message_id=message_id,
        seq=row.seq,
        sender_id=row.sender_id,
        sender_username=row.sender_username,
        is_deleted=not row.is_deleted,
    )


async def _locked_message(
    connection: AsyncConnection, conversation_id: UUID, message_id: UUID
) -> AnyRow:
    if not await queries.lock_conversations(connection, [conversation_id]):
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    row = await queries.find_message(connection, conversation_id, message_id)
    if row is None:
        raise NotFound("There is no such message here.", code="message_not_found")
    return row


def _place(row: AnyRow) -> dict[str, Any]:
    return {
        "conversation_id": str(row.conversation_id),
        "seq": row.seq,
        "sender_id": str(row.sender_id),
    }
