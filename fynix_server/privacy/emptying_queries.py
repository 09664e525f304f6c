"""The SQL that takes somebody out of a conversation, under its lock.

Takes the connection first; never commits.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import (
    AnyRow,
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    MessageReceipt,
)

_CHANGE_PAYLOAD = (
    update(ConversationEvent)
    .where(
        ConversationEvent.conversation_id == bindparam("b_conversation_id"),
        ConversationEvent.seq == bindparam("b_seq"),
    )
    .values(payload=bindparam("b_payload"))
)


async def lock_conversation(connection: AsyncConnection, conversation_id: UUID) -> AnyRow | None:
    """`name, description, is_group, frozen_at`; nobody changes it before the commit."""
    columns = (
        Conversation.name,
        Conversation.description,
        Conversation.is_group,
        Conversation.frozen_at,
    )
    query = select(*columns).where(Conversation.id == conversation_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def find_part(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID
) -> AnyRow | None:
    """`is_active, role` of somebody in it. Index: the primary key."""
    participant = ConversationParticipant
    query = select(participant.is_active, participant.role).where(
        participant.conversation_id == conversation_id, participant.user_id == user_id
    )
    return (await connection.execute(query)).one_or_none()


async def change_part(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, **values: Any
) -> None:
    """Set the columns named of somebody's part in it."""
    participant = ConversationParticipant
    await connection.execute(
        update(participant)
        .where(participant.conversation_id == conversation_id, participant.user_id == user_id)
        .values(**values)
    )


async def change_conversation(
    connection: AsyncConnection, conversation_id: UUID, **values: Any
) -> None:
    """Set the columns named."""
    statement = update(Conversation).where(Conversation.id == conversation_id)
    await connection.execute(statement.values(**values))


async def move_members_version(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Say that who may write there has changed: what caches hold of it no longer counts."""
    version = Conversation.members_version + 1
    await change_conversation(connection, conversation_id, members_version=version)


async def empty_messages(
    connection: AsyncConnection, message_ids: Sequence[UUID], now: datetime
) -> None:
    """Leave of them their numbers and times. Index: the primary key."""
    await connection.execute(
        update(Message)
        .where(Message.id.in_(message_ids))
        .values(
            content="",
            content_type="text",
            is_deleted=True,
            client_message_id=None,
            sent_digest=None,
            edited_at=None,
            hidden_because=None,
            deleted_by=None,
            updated_at=now,
        )
    )


async def allot_numbers(
    connection: AsyncConnection, conversation_id: UUID, count: int, uncounted: int, now: datetime
) -> int:
    """Take the next `count` numbers, and the first of them; `uncounted` messages fewer."""
    statement = (
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(
            last_seq=Conversation.last_seq + count,
            message_count=Conversation.message_count - uncounted,
            updated_at=now,
        )
        .returning(Conversation.last_seq)
    )
    return int((await connection.execute(statement)).scalar_one()) - count + 1


async def insert_events(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    await connection.execute(insert(ConversationEvent), rows)


async def remove_receipts(
    connection: AsyncConnection, user_id: UUID, message_ids: Sequence[UUID]
) -> int:
    """Index: pk_message_receipts."""
    removed = await connection.execute(
        delete(MessageReceipt).where(
            MessageReceipt.message_id.in_(message_ids), MessageReceipt.user_id == user_id
        )
    )
    return removed.rowcount


async def change_payloads(
    connection: AsyncConnection, conversation_id: UUID, payloads: Sequence[tuple[int, str]]
) -> None:
    """Replace what events say, by number. Index: pk_conversation_events."""
    rows = [
        {"b_conversation_id": conversation_id, "b_seq": seq, "b_payload": payload}
        for seq, payload in payloads
    ]
    await connection.execute(_CHANGE_PAYLOAD, rows)
