"""Taking a conversation's next number, and storing what happened under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import NotFound
from fynix_server.event_log.frames import encode_payload
from fynix_server.tables import Conversation, ConversationEvent

_ALLOT_SEQ = (
    update(Conversation)
    .where(Conversation.id == bindparam("b_id"))
    .values(last_seq=Conversation.last_seq + 1, updated_at=bindparam("b_now"))
    .returning(Conversation.last_seq)
)
_COUNTERS = (
    select(Conversation.id, Conversation.last_seq)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .order_by(Conversation.id)
    .with_for_update()
)
_MOVE_COUNTER = (
    update(Conversation)
    .where(Conversation.id == bindparam("b_id"))
    .values(last_seq=bindparam("b_seq"), updated_at=bindparam("b_now"))
)
_INSERT_EVENT = insert(ConversationEvent)


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


async def allot_seq(connection: AsyncConnection, conversation_id: UUID, now: datetime) -> int:
    """Take the conversation's next number; its row stays locked until the commit.

    That lock makes the order of commits the order of numbers.

    Raises: NotFound.
    """
    allotted = await connection.execute(_ALLOT_SEQ, {"b_id": conversation_id, "b_now": now})
    seq: int | None = allotted.scalar_one_or_none()
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
    await connection.execute(_INSERT_EVENT, _row(event, seq, now))


async def append_events(
    connection: AsyncConnection, events: Sequence[NewEvent], now: datetime
) -> list[int]:
    """Store events of conversations that exist, each under the next number of its own; those
    numbers, in the same order. Three statements, however many.

    The conversations stay locked until the commit. Index: pk_conversations.
    """
    ids = list({it.conversation_id for it in events})
    last_seq = {id_: seq for id_, seq in await connection.execute(_COUNTERS, {"ids": ids})}
    seqs = []
    for event in events:
        last_seq[event.conversation_id] += 1
        seqs.append(last_seq[event.conversation_id])
    moved = [{"b_id": id_, "b_seq": seq, "b_now": now} for id_, seq in last_seq.items()]
    await connection.execute(_MOVE_COUNTER, moved)
    rows = [_row(event, seq, now) for event, seq in zip(events, seqs, strict=True)]
    await connection.execute(_INSERT_EVENT, rows)
    return seqs


def _row(event: NewEvent, seq: int, now: datetime) -> dict[str, Any]:
    return {
        "conversation_id": event.conversation_id,
        "seq": seq,
        "type": event.type,
        "actor_id": event.actor_id,
        "message_id": event.message_id,
        "payload": encode_payload(event.payload),
        "created_at": now,
    }
