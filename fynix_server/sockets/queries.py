"""The SQL behind live delivery. Takes the connection first; never commits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import AnyRow, Conversation, ConversationParticipant, Session


@dataclass(frozen=True, slots=True)
class MemberSpan:
    """From which number of a conversation to which somebody takes part. None: still."""

    user_id: UUID
    joined_seq: int
    left_seq: int | None

    def covers(self, seq: int) -> bool:
        return self.joined_seq <= seq and (self.left_seq is None or seq <= self.left_seq)


@dataclass(frozen=True, slots=True)
class Touched:
    """Where a conversation stands that moved lately, and who joined it lately and is in it."""

    last_seq: int
    joiners: list[UUID]


@dataclass(frozen=True, slots=True)
class Changes:
    """What moved lately, by conversation, and whose sessions ended, by session."""

    conversations: dict[UUID, Touched]
    ended_sessions: dict[UUID, UUID]


async def standing_of_user(connection: AsyncConnection, user_id: UUID) -> dict[UUID, int]:
    """`last_seq` of each conversation of a person. Index: idx_participants_user_active."""
    query = (
        select(Conversation.id, Conversation.last_seq)
        .join(
            ConversationParticipant,
            ConversationParticipant.conversation_id == Conversation.id,
        )
        .where(
            ConversationParticipant.user_id == user_id,
            ConversationParticipant.is_active,
        )
    )
    return {row.id: row.last_seq for row in await connection.execute(query)}


async def last_seq_of(connection: AsyncConnection, conversation_id: UUID) -> int:
    """The conversation's last number; 0 where there is no such conversation. Index: its key."""
    query = select(Conversation.last_seq).where(Conversation.id == conversation_id)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def members_over_time(connection: AsyncConnection, conversation_id: UUID) -> list[MemberSpan]:
    """Everybody who takes, or took, part. Index: the primary key's first column."""
    participant = ConversationParticipant
    query = select(participant.user_id, participant.joined_seq, participant.left_seq).where(
        participant.conversation_id == conversation_id
    )
    return [MemberSpan(*row) for row in await connection.execute(query)]


async def changes_since(connection: AsyncConnection, moment: datetime) -> Changes:
    """Which conversations moved, who joined them, and which sessions ended, since `moment`.

    One query, its cost that of what changed, however much there is. Indexes:
    idx_conversations_updated_at, pk_conversation_participants, idx_sessions_revoked_at.
    """
    participant = ConversationParticipant
    is_new_in_it = and_(
        participant.conversation_id == Conversation.id,
        participant.joined_at >= moment,
        participant.is_active,
    )
    moved = (
        select(Conversation.id, Conversation.last_seq, participant.user_id)
        .outerjoin(participant, is_new_in_it)
        .where(Conversation.updated_at >= moment)
    )
    ended = select(Session.id, null(), Session.user_id).where(Session.revoked_at >= moment)
    changes = Changes({}, {})
    row: AnyRow
    for row in await connection.execute(union_all(moved, ended)):
        if row.last_seq is None:
            changes.ended_sessions[row.id] = row.user_id
            continue
        touched = changes.conversations.setdefault(row.id, Touched(row.last_seq, []))
        if row.user_id is not None:
            touched.joiners.append(row.user_id)
    return changes
