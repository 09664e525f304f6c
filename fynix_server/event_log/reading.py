"""Reading the log of a conversation back as frames."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Integer,
    Row,
    Text,
    bindparam,
    case,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.event_log.frames import (
    NO_MESSAGE,
    encode_payload,
    frame_of,
    hidden_message_frame,
    marked_frame,
    new_message_frame,
)
from fynix_server.membership import UNREAD_PARTICIPANT_COLUMNS, participant_response
from fynix_server.policy.retention import Horizon
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.read_state import MESSAGE_COLUMNS, message_response
from fynix_server.tables import (
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    PurgedNumbers,
    User,
)

_PURGED = "purged"
_PURGED_EVENT = "purged_event"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads the log: somebody who takes part since `joined_seq`, and whom they have blocked."""

    user_id: UUID
    joined_seq: int
    blocked: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    """One number of the counter as its frame. `joiners`: who takes part from this frame on.

    `about_seq`: the number of the message that an edit is about; who joined after it may not read
    it. `sender_id`: of the message that it is about. `is_hidden`: nobody else may read it. Who may
    not gets `excluded_frame`, which does not show the text.

    `is_lost`: it was an event, and nobody knows any more which; who has not seen it should load
    the conversation anew.
    """

    seq: int
    frame: str
    type: str
    joiners: tuple[UUID, ...] = ()
    about_seq: int | None = None
    sender_id: UUID | None = None
    is_hidden: bool = False
    excluded_frame: str = ""
    is_lost: bool = False

    def excludes(self, user_id: UUID, joined_seq: int) -> bool:
        """Whether somebody who takes part since `joined_seq` may not read it."""
        is_late = self.about_seq is not None and self.about_seq < joined_seq
        return is_late or (self.is_hidden and user_id != self.sender_id)

    def frame_for(self, viewer: Viewer) -> str:
        """What one participant may see of it."""
        if self.excludes(viewer.user_id, viewer.joined_seq):
            return self.excluded_frame
        return marked_frame(self.frame) if self.sender_id in viewer.blocked else self.frame


async def frames_after(
    connection: AsyncConnection,
    conversation_id: UUID,
    after_seq: int,
    limit: int,
    horizon: Horizon,
) -> list[LoggedFrame]:
    """What followed `after_seq`, oldest first: one frame for each number, at most `limit`.

    Messages show their present text, deleted and expired ones only that they were deleted, and
    so does a number whose row was cleaned up. Asks nobody's permission: callers begin at the
    reader's `joined_seq`.

    One query (two more where the page holds the beginning of a seeded conversation). It is one
    statement and so one snapshot: with two, a number committed between them would be skipped.
    Indexes: uq_messages_conversation_id_seq, pk_conversation_events, pk_messages,
    pk_purged_numbers.
    """
    cutoff = horizon.of(conversation_id)
    page = {"conversation_id": conversation_id, "after_seq": after_seq, "limit": limit}
    frames = []
    rows = (await connection.execute(_LOG_PAGE, page)).all()
    for number, row in islice(_numbered(rows, after_seq), limit):
        payload = row.payload
        if row.type in (_PURGED, _PURGED_EVENT):
            frames.append(_purged_frame(conversation_id, number, row.type))
            continue
        if row.type == "conversation_created" and payload == "{}":
            payload = encode_payload(
                await beginning_payload(connection, conversation_id, row.number)
            )
        frames.append(_logged_frame(conversation_id, row, payload, cutoff))
    return frames


def _numbered(
    rows: Iterable[Row[*tuple[Any, ...]]], after_seq: int
) -> Iterator[tuple[int, Row[*tuple[Any, ...]]]]:
    """Each row by its number; one that stands for many numbers (its payload: the last) by each."""
    for row in rows:
        if row.type in (_PURGED, _PURGED_EVENT):
            first = max(row.number, after_seq + 1)
            for number in range(first, int(row.payload) + 1):
                yield number, row
        else:
            yield row.number, row


def _log_page() -> CompoundSelect[*tuple[Any, ...]]:
    """Rows of `number, type, payload, message_id` and MESSAGE_COLUMNS, by number."""
    event = ConversationEvent
    conversation_id: BindParameter[UUID] = bindparam("conversation_id")
    after: BindParameter[int] = bindparam("after_seq")
    limit = bindparam("limit", type_=Integer)
    messages = (
        select(
            Message.seq.label("number"),
            literal("new_message", event.type.type).label("type"),
            literal("{}", event.payload.type).label("payload"),
            Message.id.label("message_id"),
            *MESSAGE_COLUMNS,
        )
        .join(User, User.id == Message.sender_id)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(limit)
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
        .where(event.conversation_id == conversation_id, event.seq > after)
        .order_by(event.seq)
        .limit(limit)
    )
    purged = PurgedNumbers
    spans = (
        select(
            purged.first_seq.label("number"),
            case((purged.is_event, _PURGED_EVENT), else_=_PURGED).label("type"),
            cast(purged.last_seq, Text).label("payload"),
            cast(null(), Message.id.type).label("message_id"),
            *(cast(null(), it.type).label(it.key) for it in MESSAGE_COLUMNS),
        )
        .where(purged.conversation_id == conversation_id, purged.last_seq > after)
        # Disjoint, so that by their last numbers is also by their first.
        .order_by(purged.last_seq)
        .limit(limit)
    )
    # Each part stops at `limit` by itself, so that none reads the whole history to sort it.
    parts = [select(part.subquery()) for part in (messages, events, spans)]
    return union_all(*parts).order_by("number").limit(limit)


_LOG_PAGE = _log_page()


def _purged_frame(conversation_id: UUID, number: int, kind: str) -> LoggedFrame:
    frame = hidden_message_frame(conversation_id, number, NO_MESSAGE)
    return LoggedFrame(number, frame, "message_deleted", is_lost=kind == _PURGED_EVENT)


def _logged_frame(
    conversation_id: UUID, row: Row[*tuple[Any, ...]], payload: str, cutoff: datetime | None
) -> LoggedFrame:
    if row.type in ("new_message", "message_updated"):
        return _message_frame(conversation_id, row, cutoff)
    frame = frame_of(row.type, conversation_id, row.number, payload)
    return LoggedFrame(row.number, frame, row.type, _joiners(row.type, payload))


def _message_frame(
    conversation_id: UUID, row: Row[*tuple[Any, ...]], cutoff: datetime | None
) -> LoggedFrame:
    """A message, or its edit, as it is now; only its id where it was deleted since, or expired."""
    is_expired = cutoff is not None and row.id is not None and row.created_at < cutoff
    if row.id is None or row.is_deleted or is_expired:
        # Who deleted it is said at the number of the deletion itself.
        frame = hidden_message_frame(conversation_id, row.number, row.message_id)
        return LoggedFrame(row.number, frame, "message_deleted")
    message_json = message_response(row, None, ()).model_dump_json()
    about_seq = None
    if row.type == "new_message":
        frame = new_message_frame(conversation_id, row.number, message_json)
    else:
        payload = f'{{"message":{message_json}}}'
        frame = frame_of(row.type, conversation_id, row.number, payload)
        about_seq = row.seq
    is_hidden = row.hidden_because is not None
    excluded = ""
    if is_hidden or about_seq is not None:
        excluded = hidden_message_frame(conversation_id, row.number, row.message_id)
    return LoggedFrame(
        row.number,
        frame,
        row.type,
        about_seq=about_seq,
        sender_id=row.sender_id,
        is_hidden=is_hidden,
        excluded_frame=excluded,
    )


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
        select(*UNREAD_PARTICIPANT_COLUMNS)
        .join(User, User.id == participant.user_id)
        .where(
            participant.conversation_id == conversation_id,
            participant.joined_seq <= seq,
        )
        .order_by(participant.joined_seq, participant.user_id)
    )
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
            participant_response(row).model_copy(update={"is_active": True})
            for row in await connection.execute(there)
        ],
        last_message=None,
        unread_count=0,
    )
    return {"conversation": conversation.model_dump(mode="json")}
