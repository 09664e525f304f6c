"""SQL of what somebody wrote, and to whom first. Takes the connection; never commits.

No index leads from a sender to their messages, nor to the times of those. So each query begins
with somebody's conversations, and looks at the newest messages of those that moved last.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import AnyRow, Conversation, ConversationParticipant, Message, User

_MAX_JOINED = 5_000
"""Conversations of theirs, the newest, among which those that moved last are looked for."""
MAX_MOVED = 300
MAX_NUMBERS = 100
"""Of each conversation, the newest numbers of its counter that are read."""
MAX_SENT = 500


async def account_created_at(connection: AsyncConnection, user_id: UUID) -> datetime | None:
    """When they made their account; None: no such person. Index: pk_users."""
    query = select(User.created_at).where(User.id == user_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def sent_since(
    connection: AsyncConnection, user_id: UUID, since: datetime
) -> Sequence[AnyRow]:
    """Messages of theirs, newest first, deleted and held ones too: conversation_id, created_at,
    content.

    At most MAX_SENT, out of 100 numbers in each of 300 conversations. Indexes:
    idx_participants_user_active, pk_conversations, uq_messages_conversation_id_seq.
    """
    moved = moved_since(user_id, since)
    query = (
        select(Message.conversation_id, Message.created_at, Message.content)
        .select_from(moved)
        .join(
            Message,
            and_(
                Message.conversation_id == moved.c.id,
                Message.seq > moved.c.last_seq - MAX_NUMBERS,
            ),
        )
        .where(is_by(user_id), Message.created_at >= since)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MAX_SENT)
    )
    return (await connection.execute(query)).all()


async def openings_since(
    connection: AsyncConnection, user_id: UUID, since: datetime
) -> Sequence[AnyRow]:
    """First messages of conversations of two that they wrote: created_at, content, is_answered,
    hidden_because.

    Newest first, deleted or held or not; at most 300. Indexes: idx_participants_user_active,
    pk_conversations, pk_conversation_participants, one step down uq_messages_conversation_id_seq
    and, for the answer, one down uq_messages_sender_id_conversation_id_client_message_id.
    """
    moved = moved_since(user_id, since, Conversation.is_group.is_(False))
    other = ConversationParticipant
    candidate = Message.__table__.alias("candidate").c
    first_seq = (
        select(candidate.seq)
        .where(candidate.conversation_id == moved.c.id)
        .order_by(candidate.seq)
        .limit(1)
        .scalar_subquery()
    )
    # Not EXISTS, which Postgres may answer by reading all messages once.
    answer_seq = (
        select(candidate.seq)
        .where(candidate.sender_id == other.user_id, candidate.conversation_id == moved.c.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            Message.created_at,
            Message.content,
            Message.hidden_because,
            answer_seq.is_not(None).label("is_answered"),
        )
        .select_from(moved)
        .join(other, and_(other.conversation_id == moved.c.id, other.user_id != user_id))
        .join(Message, and_(Message.conversation_id == moved.c.id, Message.seq == first_seq))
        .where(Message.sender_id == user_id, Message.created_at >= since)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MAX_MOVED)
    )
    return (await connection.execute(query)).all()


def is_by(user_id: UUID) -> ColumnElement[bool]:
    """Whether a message is theirs, for queries that have found it by its number.

    By the sender's key, which the plain condition invites to, an old conversation would be read
    whole: no index serves this.
    """
    return func.coalesce(Message.sender_id, Message.sender_id) == user_id


def moved_since(
    user_id: UUID, since: datetime, *conditions: ColumnElement[bool], at_most: int = MAX_MOVED
) -> Subquery:
    """Conversations of theirs whose counter has moved since, the liveliest first: id, last_seq.

    By the counter, which also moves with what others are not shown, such as spam that is held.
    Where it is 1 nothing was ever written: behind such conversations nobody hides the others.
    """
    participant = ConversationParticipant
    joined = (
        select(participant.conversation_id)
        .where(participant.user_id == user_id)
        .order_by(participant.is_active.desc(), participant.conversation_id.desc())
        .limit(_MAX_JOINED)
        .subquery("joined")
    )
    return (
        select(Conversation.id, Conversation.last_seq)
        .join(joined, joined.c.conversation_id == Conversation.id)
        .where(Conversation.updated_at >= since, Conversation.last_seq > 1, *conditions)
        .order_by(Conversation.updated_at.desc(), Conversation.id.desc())
        .limit(at_most)
        .subquery("moved")
    )
