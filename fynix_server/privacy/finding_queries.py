"""The SQL that finds what somebody has in a conversation. Takes the connection first."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.privacy.group_texts import NAMING_EVENTS, NamingEvent
from fynix_server.tables import (
    AnyRow,
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    MessageReceipt,
)

WINDOW_NUMBERS = 1000
"""How much of a conversation is looked at by one query, however few rows of it are somebody's."""
_NAMES_PEOPLE = ("conversation_created", "participant_added")
_HAS_TEXT = or_(
    Message.is_deleted.is_(False),
    Message.content != "",
    Message.client_message_id.is_not(None),
    Message.sent_digest.is_not(None),
    Message.edited_at.is_not(None),
    Message.deleted_by.is_not(None),
    Message.hidden_because.is_not(None),
)


async def parts_after(
    connection: AsyncConnection, user_id: UUID, conversation_id: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """`id, is_group` of conversations that somebody is or was in, from `conversation_id` on.

    In the order of ids. Index: idx_participants_user_active.
    """
    query = (
        select(Conversation.id, Conversation.is_group)
        .join(ConversationParticipant, ConversationParticipant.conversation_id == Conversation.id)
        .where(ConversationParticipant.user_id == user_id)
    )
    if conversation_id is not None:
        query = query.where(ConversationParticipant.conversation_id >= conversation_id)
    ordered = query.order_by(ConversationParticipant.conversation_id).limit(limit)
    return (await connection.execute(ordered)).all()


async def left_to_do(
    connection: AsyncConnection, user_id: UUID, conversation_id: UUID | None
) -> tuple[int, int]:
    """How many conversations, from `conversation_id` on, and how many messages these hold.

    Indexes: idx_participants_user_active, pk_conversations.
    """
    messages = func.coalesce(func.sum(Conversation.message_count), 0)
    query = (
        select(func.count(), messages)
        .select_from(ConversationParticipant)
        .join(Conversation, Conversation.id == ConversationParticipant.conversation_id)
        .where(ConversationParticipant.user_id == user_id)
    )
    if conversation_id is not None:
        query = query.where(ConversationParticipant.conversation_id >= conversation_id)
    conversations, messages_left = (await connection.execute(query)).one()
    return conversations, int(messages_left)


async def last_seq_of(connection: AsyncConnection, conversation_id: UUID) -> int:
    """Index: the primary key."""
    query = select(Conversation.last_seq).where(Conversation.id == conversation_id)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def written_in(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, after_seq: int
) -> list[UUID]:
    """Messages of somebody, in a window of numbers, that hold anything of theirs, by number.

    Index: uq_messages_conversation_id_seq.
    """
    query = select(Message.id).where(
        Message.conversation_id == conversation_id,
        Message.seq > after_seq,
        Message.seq <= after_seq + WINDOW_NUMBERS,
        Message.sender_id == user_id,
        _HAS_TEXT,
    )
    return list((await connection.execute(query.order_by(Message.seq))).scalars())


async def still_written(
    connection: AsyncConnection, message_ids: Sequence[UUID]
) -> Sequence[AnyRow]:
    """`id, is_deleted, hidden_because` of those that still hold something, by number.

    Index: the primary key.
    """
    columns = (Message.id, Message.is_deleted, Message.hidden_because)
    query = select(*columns).where(Message.id.in_(message_ids), _HAS_TEXT)
    return (await connection.execute(query.order_by(Message.seq))).all()


async def payloads_of(
    connection: AsyncConnection, conversation_id: UUID, numbers: Sequence[int]
) -> dict[int, str]:
    """What events say, by number. Index: pk_conversation_events."""
    query = select(ConversationEvent.seq, ConversationEvent.payload).where(
        ConversationEvent.conversation_id == conversation_id, ConversationEvent.seq.in_(numbers)
    )
    return {seq: payload for seq, payload in await connection.execute(query)}


async def receipts_in(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, after_seq: int
) -> list[UUID]:
    """The messages of a window of numbers that somebody has receipts of.

    Indexes: uq_messages_conversation_id_seq, pk_message_receipts.
    """
    query = (
        select(MessageReceipt.message_id)
        .join(Message, Message.id == MessageReceipt.message_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > after_seq,
            Message.seq <= after_seq + WINDOW_NUMBERS,
            MessageReceipt.user_id == user_id,
        )
        .order_by(Message.seq)
    )
    return list((await connection.execute(query)).scalars())


async def naming_people(
    connection: AsyncConnection, conversation_id: UUID, after_seq: int
) -> Sequence[AnyRow]:
    """`seq, type, payload` of a window's events that say people's names.

    Index: pk_conversation_events.
    """
    query = select(ConversationEvent.seq, ConversationEvent.type, ConversationEvent.payload).where(
        ConversationEvent.conversation_id == conversation_id,
        ConversationEvent.seq > after_seq,
        ConversationEvent.seq <= after_seq + WINDOW_NUMBERS,
        ConversationEvent.type.in_(_NAMES_PEOPLE),
    )
    return (await connection.execute(query.order_by(ConversationEvent.seq))).all()


async def naming_group(
    connection: AsyncConnection, conversation_id: UUID, after_seq: int
) -> list[NamingEvent]:
    """A window's events that say what the group is called. Index: pk_conversation_events."""
    columns = (
        ConversationEvent.seq,
        ConversationEvent.actor_id,
        ConversationEvent.type,
        ConversationEvent.payload,
    )
    query = select(*columns).where(
        ConversationEvent.conversation_id == conversation_id,
        ConversationEvent.seq > after_seq,
        ConversationEvent.seq <= after_seq + WINDOW_NUMBERS,
        ConversationEvent.type.in_(NAMING_EVENTS),
    )
    rows = await connection.execute(query.order_by(ConversationEvent.seq))
    return [NamingEvent(*row) for row in rows]
