"""The SQL behind live delivery. Takes the connection first; never commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import Conversation, ConversationParticipant, Session


@dataclass(frozen=True, slots=True)
class MemberSpan:
    """From which number of a conversation to which somebody takes part. None: still."""

    user_id: UUID
    joined_seq: int
    left_seq: int | None

    def covers(self, seq: int) -> bool:
        return self.joined_seq <= seq and (self.left_seq is None or seq <= self.left_seq)


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


async def members_over_time(connection: AsyncConnection, conversation_id: UUID) -> list[MemberSpan]:
    """Everybody who takes, or took, part. Index: the primary key's first column."""
    participant = ConversationParticipant
    query = select(participant.user_id, participant.joined_seq, participant.left_seq).where(
        participant.conversation_id == conversation_id
    )
    return [MemberSpan(*row) for row in await connection.execute(query)]


async def touched_since(connection: AsyncConnection, moment: datetime) -> dict[UUID, int]:
    """`last_seq` of the conversations that moved since. Index: idx_conversations_updated_at."""
    query = select(Conversation.id, Conversation.last_seq).where(Conversation.updated_at >= moment)
    return {row.id: row.last_seq for row in await connection.execute(query)}


async def revoked_among(connection: AsyncConnection, session_ids: Collection[UUID]) -> set[UUID]:
    """Which of these sessions have ended. Index: the primary key."""
    query = select(Session.id).where(Session.id.in_(session_ids), Session.revoked_at.is_not(None))
    return set((await connection.execute(query)).scalars())
