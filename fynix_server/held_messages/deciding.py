"""Letting a held message through, or not.

Whoever decides holds the lock of the conversation, as whoever sends, edits or deletes there: of
several who decide about one message, one does, and nobody lets through what has changed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, NotFound
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import (
    NewEvent,
    allot_seq,
    append_event,
    event_frame,
    new_message_frame,
)
from fynix_server.held_messages import queries
from fynix_server.held_messages.looking import described
from fynix_server.held_messages.queries import Held
from fynix_server.membership import Members, load_members
from fynix_server.notifying import add_notice, announce_notice
from fynix_server.permissions import require_power_over
from fynix_server.policy import refusal_to_write
from fynix_server.protocol.held import HeldActResponse, HeldStatus
from fynix_server.protocol.messages import MessageResponse
from fynix_server.protocol.moderation import ActRequest
from fynix_server.resources import Resources
from fynix_server.tables import new_id

REJECTED = "A moderator did not let a message of yours through; it was deleted."


@dataclass(frozen=True, slots=True)
class _OnHeld:
    """The transaction of a decision, and the message that it is about."""

    connection: AsyncConnection
    held: Held
    members: Members
    now: datetime


async def release_held(
    resources: Resources, acting: Acting, message_id: UUID, request: ActRequest
) -> HeldActResponse:
    """Let it through: it arrives now, as the newest message of its conversation.

    Its held copy is deleted; the message that everybody sees has an id, a number and a time of its
    own, and the key that its sender gave it, so that a retry finds it.

    Raises: NotFound, Conflict (decided or deleted already; its sender may not write there now),
    InvalidInput (one's own), NotPermitted (their role is too high).
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        on = await _lock_waiting(connection, acting, message_id, now)
        _require_may_write(on)
        deletion = await _delete_copy(on)
        arrival = await _store_anew(on)
        audit_seq = await _decide(on, acting, request, arrival.message_id)
        decided = await queries.find_held(connection, message_id)
    if not request.dry_run:
        resources.event_bus.publish(deletion)
        resources.event_bus.publish(arrival.envelope)
    return _told(acting, request, decided, audit_seq)


async def reject_held(
    resources: Resources, acting: Acting, message_id: UUID, request: ActRequest
) -> HeldActResponse:
    """Delete it, and tell its sender.

    Raises: NotFound, Conflict (decided or deleted already), InvalidInput (one's own), NotPermitted
    (their role is too high).
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        on = await _lock_waiting(connection, acting, message_id, now)
        deletion = await _delete_copy(on)
        is_news = await _leave_notice(on)
        audit_seq = await _decide(on, acting, request, None)
        decided = await queries.find_held(connection, message_id)
    if not request.dry_run:
        resources.event_bus.publish(deletion)
        if is_news:
            announce_notice(resources.event_bus, on.held.sender_id, REJECTED)
    return _told(acting, request, decided, audit_seq)


async def _lock_waiting(
    connection: AsyncConnection, acting: Acting, message_id: UUID, now: datetime
) -> _OnHeld:
    """Raises: NotFound, Conflict, InvalidInput, NotPermitted."""
    held = await queries.find_held(connection, message_id)
    if held is None:
        raise NotFound("There is no such held message.", code="held_message_not_found")
    require_power_over(acting.user_id, acting.role, held.sender_id, held.sender_role)
    await queries.lock_conversation(connection, held.conversation_id)
    held = await queries.find_held(connection, message_id)
    if held is None:
        raise NotFound("There is no such held message.", code="held_message_not_found")
    if held.status in ("released", "rejected"):
        raise Conflict(f"It is {held.status} already.", code="already_so")
    if held.status == "withdrawn" or held.is_deleted:
        raise Conflict("It was deleted meanwhile.", code="held_message_deleted")
    members = await load_members(connection, held.conversation_id)
    return _OnHeld(connection, held, members, now)


def _require_may_write(on: _OnHeld) -> None:
    """What keeps its sender from writing there now keeps it from arriving. Raises: Conflict."""
    if on.held.sender_id not in on.members.ids:
        raise Conflict("Its sender has left the conversation.", code="sender_left")
    if refusal_to_write(on.members, on.held.sender_id) is None:
        return
    if on.members.is_frozen:
        raise Conflict("The conversation is frozen.", code="release_into_frozen")
    raise Conflict("A block stands between its sender and the other.", code="sender_blocked")


async def _delete_copy(on: _OnHeld) -> Envelope:
    """What was its sender's alone goes; its number stays. Returns what all are told: the others,
    who have never seen it, that the number is of nothing."""
    held = on.held
    await queries.delete_held_copy(on.connection, held.message_id, on.now)
    payload = {"message_id": str(held.message_id), "deleted_by": None}
    event = NewEvent(held.conversation_id, "message_deleted", None, held.message_id, payload)
    seq = await append_event(on.connection, event, on.now)
    frame = event_frame("message_deleted", held.conversation_id, seq, payload)
    return Envelope(
        MESSAGES, tuple(on.members.ids), frame, held.conversation_id, seq, for_opted_in=True
    )


@dataclass(frozen=True, slots=True)
class _Arrival:
    message_id: UUID
    envelope: Envelope


async def _store_anew(on: _OnHeld) -> _Arrival:
    held = on.held
    await queries.free_key(on.connection, held.message_id)
    seq = await allot_seq(on.connection, held.conversation_id, on.now)
    message = MessageResponse(
        id=new_id(),
        conversation_id=held.conversation_id,
        seq=seq,
        sender_id=held.sender_id,
        sender_username=held.sender_username,
        content=held.content,
        content_type=held.content_type,
        created_at=on.now,
        client_message_id=held.client_message_id,
    )
    row = message.model_dump(
        include={"id", "conversation_id", "seq", "sender_id", "content", "content_type"}
    )
    row |= {"client_message_id": held.client_message_id, "sent_digest": held.sent_digest}
    row |= {"created_at": on.now, "updated_at": on.now}
    await queries.insert_released(on.connection, row)
    frame = new_message_frame(held.conversation_id, seq, message.model_dump_json())
    blockers = tuple(on.members.blockers_of(held.sender_id))
    recipients = tuple(on.members.ids)
    envelope = Envelope(MESSAGES, recipients, frame, held.conversation_id, seq, blockers=blockers)
    return _Arrival(message.id, envelope)


async def _leave_notice(on: _OnHeld) -> bool:
    """Whether there is one to tell of: of many rejections, one unread notice tells."""
    sender_id = on.held.sender_id
    if await queries.has_unread_notice(on.connection, sender_id, REJECTED):
        return False
    await add_notice(on.connection, sender_id, "restriction", REJECTED, on.now)
    return True


async def _decide(
    on: _OnHeld, acting: Acting, request: ActRequest, released_as: UUID | None
) -> int:
    """Last: it ends with the entry in the audit log."""
    message_id = on.held.message_id
    status: HeldStatus = "rejected" if released_as is None else "released"
    await queries.decide(on.connection, message_id, status, released_as, on.now)
    after: dict[str, str | None] = {"status": status}
    if released_as is not None:
        after["released_as"] = str(released_as)
    before = {"status": on.held.status}
    act = Act(acting.act, "message", str(message_id), before, after, request.reason)
    return await record_act(on.connection, acting.actor, act, on.now)


def _told(
    acting: Acting, request: ActRequest, held: Held | None, audit_seq: int
) -> HeldActResponse:
    assert held is not None  # noqa: S101 - it was decided about just now
    return HeldActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        held=described(held),
    )
