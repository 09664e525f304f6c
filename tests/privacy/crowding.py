"""A long conversation, made in the database rather than said."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.clock import utc_now
from fynix_server.tables import Conversation, ConversationParticipant, Message, new_id

MARK = "QZMark-crowd"


async def crowd(
    connection: AsyncConnection, conversation_id: UUID, senders: Sequence[UUID], count: int
) -> None:
    """`count` messages after the first number, by `senders` in turn, each with MARK and its
    sender's place in it."""
    now = utc_now()
    rows = [
        {
            "id": new_id(),
            "conversation_id": conversation_id,
            "seq": number + 2,
            "sender_id": senders[number % len(senders)],
            "content": f"{MARK}{number % len(senders)}-{number:07}",
            "client_message_id": f"{MARK}{number % len(senders)}-key-{number:07}",
            "created_at": now,
            "updated_at": now,
        }
        for number in range(count)
    ]
    await connection.execute(insert(Message), rows)
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(last_seq=count + 1, message_count=count, last_message_at=now, updated_at=now)
    )
    for sender_id in senders:
        last = max(range(count), key=lambda it: (rows[it]["sender_id"] == sender_id, it))
        await connection.execute(
            update(ConversationParticipant)
            .where(
                ConversationParticipant.conversation_id == conversation_id,
                ConversationParticipant.user_id == sender_id,
            )
            .values(last_read_seq=rows[last]["seq"], last_read_message_id=rows[last]["id"])
        )
