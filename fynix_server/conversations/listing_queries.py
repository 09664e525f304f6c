"""The SQL of somebody's list of conversations. Takes the connection first; never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.conversations.queries import CONVERSATION_COLUMNS, AnyRow
from fynix_server.tables import Conversation, ConversationParticipant, Message


async def conversations_of(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    offset: int,
    limit: int,
    is_misled: bool = False,
) -> Sequence[AnyRow]:
    """Conversations that a person takes part in, those with the newest activity first.

    `is_misled`: what only they see of their own counts as activity, since they are not to notice.
    `id` breaks ties. Indexes: idx_participants_user_active, then pk_conversations; where they are
    misled, one of messages by conversation for each.
    """
    shown = func.coalesce(Conversation.last_message_at, Conversation.created_at)
    latest = _with_hidden(shown, user_id) if is_misled else shown
    query = (
        select(*CONVERSATION_COLUMNS)
        .join(ConversationParticipant, ConversationParticipant.conversation_id == Conversation.id)
        .where(
            ConversationParticipant.user_id == user_id, ConversationParticipant.is_active.is_(True)
        )
        .order_by(latest.desc(), Conversation.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return (await connection.execute(query)).all()


def _with_hidden(shown: ColumnElement[datetime], user_id: UUID) -> ColumnElement[datetime]:
    newest_hidden = (
        # Not by sender: SQLite would take the index of all that they wrote there.
        select(func.max(case((Message.sender_id == user_id, Message.created_at))))
        .where(
            Message.conversation_id == Conversation.id,
            Message.hidden_because.is_not(None),
            Message.is_deleted.is_(False),
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    return case((newest_hidden > shown, newest_hidden), else_=shown)


async def count_conversations(connection: AsyncConnection, user_id: UUID) -> int:
    """How many conversations a person takes part in. Index: idx_participants_user_active."""
    query = (
        select(func.count())
        .select_from(ConversationParticipant)
        .where(
            ConversationParticipant.user_id == user_id, ConversationParticipant.is_active.is_(True)
        )
    )
    return (await connection.execute(query)).scalar_one()
