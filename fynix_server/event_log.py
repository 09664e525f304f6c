"""The log of a conversation: messages and events on one counter, read back as frames.

A frame is built by the same function when it is published and when it is replayed, so that a
client which comes back sees what it would have seen live.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import NotFound
from fynix_server.membership import PARTICIPANT_COLUMNS, participant_response
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.read_state import MESSAGE_COLUMNS, message_response
from fynix_server.tables import (
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    User,
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened besides a message. `payload`: the frame's own fields, JSON-ready.

    A `message_updated` has no payload: a replay shows what the message has become.
    """

    conversation_id: UUID
    type: str
    actor_id: UUID | None
    message_id: UUID | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    """One number of the counter as its frame. `joiners`: who takes part from this frame on.

    `about_seq`: the number of the message that an edit is about. Who joined after it gets
    `latecomer_frame`, which does not show the text.
    """

    seq: int
    frame: str
    type: str
    joiners: tuple[UUID, ...] = ()
    about_seq: int | None = None
    latecomer_frame: str = ""

    def frame_for(self, joined_seq: int) -> str:
        """What somebody who takes part since `joined_seq` may see of it."""
        if self.about_seq is not None and self.about_seq < joined_seq:
            return self.latecomer_frame
        return self.frame


# ── appending ────────────────────────────────────────────────────────────────────────────────


async def allot_seq(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> int:
    """Take the conversation's next number; its row stays locked until the commit.

    That lock makes the order of commits the order of numbers.

    Raises: NotFound.
    """
    statement = (
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(last_seq=Conversation.last_seq + 1, updated_at=now)
        .returning(Conversation.last_seq)
    )
    seq = (await connection.execute(statement)).scalar_one_or_none()
    if seq is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    return seq


async def append_event(connection: AsyncConnection, event: NewEvent, now: datetime) -> int:
    """Store `event` under the conversation's next number, and return that number.

    Raises: NotFound.
    """
    seq = await allot_seq(connection, event.conversation_id, now)
    await record_event(connection, event, seq, now)
    return seq


async def record_event(
    connection: AsyncConnection, event: NewEvent, seq: int, now: datetime
) -> None:
    """Store `event` under a number that this transaction was allotted."""
    await connection.execute(
        insert(ConversationEvent).values(
            conversation_id=event.conversation_id,
            seq=seq,
            type=event.type,
            actor_id=event.actor_id,
            message_id=event.message_id,
            payload=_encode(event.payload),
            created_at=now,
        )
    )


# ── frames ───────────────────────────────────────────────────────────────────────────────────


def new_message_frame(conversation_id: UUID, seq: int, message_json: str) -> str:
    """The frame of a message that is encoded already: the hot path encodes it only once."""
    return (
        f'{{"type":"new_message","conversation_id":"{conversation_id}","seq":{seq},'
        f'"message":{message_json}}}'
    )


def event_frame(event_type: str, conversation_id: UUID, seq: int, payload: dict[str, Any]) -> str:
    """The frame of an event; `payload` is what `NewEvent` was stored with."""
    return _frame(event_type, conversation_id, seq, _encode(payload))


def hidden_message_frame(conversation_id: UUID, seq: int, message_id: UUID) -> str:
    """A number whose message cannot be shown: it was deleted, or sent before the reader joined."""
    gone = {"message_id": str(message_id), "deleted_by": None}
    return event_frame("message_deleted", conversation_id, seq, gone)


def _encode(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _frame(event_type: str, conversation_id: UUID, seq: int, payload_json: str) -> str:
    own_fields = payload_json[1:-1]
    comma = "," if own_fields else ""
    return (
        f'{{"type":"{event_type}","conversation_id":"{conversation_id}","seq":{seq}'
        f"{comma}{own_fields}}}"
    )


# ── reading back ─────────────────────────────────────────────────────────────────────────────


async def frames_after(
    connection: AsyncConnection,
    conversation_id: UUID,
    after_seq: int,
    limit: int,
    *,
    up_to_seq: int | None = None,
) -> list[LoggedFrame]:
    """What followed `after_seq`, oldest first: one frame for each number, at most `limit`.

    Messages show their present text, deleted ones only that they were deleted. Asks nobody's
    permission: callers begin at the reader's `joined_seq`.

    One query (two more where the page holds the beginning of a seeded conversation). It is one
    statement and so one snapshot: with two, a number committed between them would be skipped.
    Indexes: uq_messages_conversation_id_seq, pk_conversation_events, pk_messages.
    """
    page = _log_page(conversation_id, after_seq, limit, up_to_seq)
    frames = []
    for row in (await connection.execute(page)).all():
        payload = row.payload
        if row.type == "conversation_created" and payload == "{}":
            payload = _encode(await beginning_payload(connection, conversation_id, row.number))
        frames.append(_logged_frame(conversation_id, row, payload))
    return frames


def _log_page(
    conversation_id: UUID, after_seq: int, limit: int, up_to_seq: int | None
) -> CompoundSelect[*tuple[Any, ...]]:
    """Rows of `number, type, payload, message_id` and MESSAGE_COLUMNS, by number."""
    event = ConversationEvent
    messages = (
        select(
            Message.seq.label("number"),
            literal("new_message", event.type.type).label("type"),
            literal("{}", event.payload.type).label("payload"),
            Message.id.label("message_id"),
            *MESSAGE_COLUMNS,
        )
        .join(User, User.id == Message.sender_id)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq)
        .order_by(Message.seq)
    )
    # An event about a message brings that message along.
    events = (
        select(
            event.seq.label("number"),
            event.type,
            event.payload,
            event.message_id,
            *MESSAGE_COLUMNS,
        )
        .outerjoin(Message, Message.id == event.message_id)
        .outerjoin(User, User.id == Message.sender_id)
        .where(event.conversation_id == conversation_id, event.seq > after_seq)
        .order_by(event.seq)
    )
    if up_to_seq is not None:
        messages = messages.where(Message.seq <= up_to_seq)
        events = events.where(event.seq <= up_to_seq)
    # Each half stops at `limit` by itself, so that neither reads the whole history to sort it.
    halves = [select(half.limit(limit).subquery()) for half in (messages, events)]
    return union_all(*halves).order_by("number").limit(limit)


def _logged_frame(conversation_id: UUID, row: Row[*tuple[Any, ...]], payload: str) -> LoggedFrame:
    if row.type in ("new_message", "message_updated"):
        return _message_frame(conversation_id, row)
    frame = _frame(row.type, conversation_id, row.number, payload)
    return LoggedFrame(row.number, frame, row.type, _joiners(row.type, payload))


def _message_frame(conversation_id: UUID, row: Row[*tuple[Any, ...]]) -> LoggedFrame:
    """A message, or its edit, as it is now; only its id where it was deleted since."""
    if row.id is None or row.is_deleted:
        # Who deleted it is said at the number of the deletion itself.
        frame = hidden_message_frame(conversation_id, row.number, row.message_id)
        return LoggedFrame(row.number, frame, "message_deleted")
    message_json = message_response(row, None, ()).model_dump_json()
    if row.type == "new_message":
        frame = new_message_frame(conversation_id, row.number, message_json)
    else:
        payload = f'{{"message":{message_json}}}'
        frame = _frame(row.type, conversation_id, row.number, payload)
        hidden = hidden_message_frame(conversation_id, row.number, row.message_id)
        return LoggedFrame(row.number, frame, row.type, about_seq=row.seq, latecomer_frame=hidden)
    return LoggedFrame(row.number, frame, row.type)


def _joiners(event_type: str, payload: str) -> tuple[UUID, ...]:
    if event_type == "participant_added":
        return (UUID(json.loads(payload)["participant"]["user_id"]),)
    if event_type == "conversation_created":
        participants = json.loads(payload)["conversation"]["participants"]
        return tuple(UUID(it["user_id"]) for it in participants)
    return ()


async def beginning_payload(
    connection: AsyncConnection, conversation_id: UUID, seq: int
) -> dict[str, Any]:
    """The payload of `conversation_created`: who was there at `seq`, nothing read, nothing sent.

    Seeded conversations store none, and have it made here when it is read.
    Indexes: pk_conversations, pk_conversation_participants.
    """
    columns = (
        Conversation.is_group,
        Conversation.name,
        Conversation.description,
        Conversation.created_at,
    )
    query = select(*columns).where(Conversation.id == conversation_id)
    begun = (await connection.execute(query)).one()
    participant = ConversationParticipant
    there = (
        select(*PARTICIPANT_COLUMNS)
        .join(User, User.id == participant.user_id)
        .where(
            participant.conversation_id == conversation_id,
            participant.joined_seq <= seq,
        )
        .order_by(participant.joined_seq, participant.user_id)
    )
    unread = {"is_active": True, "last_read_message_id": None}
    conversation = ConversationResponse(
        id=conversation_id,
        is_group=begun.is_group,
        name=begun.name,
        description=begun.description,
        created_at=begun.created_at,
        updated_at=begun.created_at,
        last_message_at=None,
        last_seq=seq,
        participants=[
            participant_response(row).model_copy(update=unread)
            for row in await connection.execute(there)
        ],
        last_message=None,
        unread_count=0,
    )
    return {"conversation": conversation.model_dump(mode="json")}
