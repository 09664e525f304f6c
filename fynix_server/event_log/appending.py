"""Taking a conversation's next number, and storing what happened under it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
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
    row = {
        "conversation_id": event.conversation_id,
        "seq": seq,
        "type": event.type,
        "actor_id": event.actor_id,
        "message_id": event.message_id,
        "payload": encode_payload(event.payload),
        "created_at": now,
    }
    await connection.execute(_INSERT_EVENT, row)
