"""The SQL behind live delivery. Takes the connection first; never commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, and_, bindparam, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import AnyRow, Conversation, ConversationParticipant, Session

_STANDING_OF_USER = (
    select(Conversation.id, Conversation.last_seq, ConversationParticipant.joined_seq)
    .join(
        ConversationParticipant,
        ConversationParticipant.conversation_id == Conversation.id,
    )
    .where(
        ConversationParticipant.user_id == bindparam("user_id"),
        ConversationParticipant.is_active.is_(True),  # SQLite does not take the bare column so
    )
)
_LAST_SEQ = select(Conversation.last_seq).where(Conversation.id == bindparam("conversation_id"))
_MEMBERS_OVER_TIME = select(
    ConversationParticipant.user_id,
    ConversationParticipant.joined_seq,
    ConversationParticipant.left_seq,
).where(ConversationParticipant.conversation_id == bindparam("conversation_id"))
_CHANGES: CompoundSelect[UUID, int, UUID] = union_all(
    select(Conversation.id, Conversation.last_seq, ConversationParticipant.user_id)
    .outerjoin(
        ConversationParticipant,
        and_(
            ConversationParticipant.conversation_id == Conversation.id,
            ConversationParticipant.joined_at >= bindparam("moment"),
            ConversationParticipant.is_active,
        ),
    )
    .where(Conversation.updated_at >= bindparam("moment")),
    select(Session.id, null(), Session.user_id).where(Session.revoked_at >= bindparam("moment")),
)


@dataclass(frozen=True, slots=True)
class MemberSpan:
    """From which number of a conversation to which somebody takes part. None: still."""

    user_id: UUID
    joined_seq: int
    left_seq: int | None

    def covers(self, seq: int) -> bool:
        return self.joined_seq <= seq and (self.left_seq is None or seq <= self.left_seq)


class Standing(NamedTuple):
    """Where a conversation stands, and from which number on somebody takes part in it."""

    last_seq: int
    joined_seq: int


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


async def standing_of_user(connection: AsyncConnection, user_id: UUID) -> dict[UUID, Standing]:
    """Each conversation that a person takes part in. Index: idx_participants_user_active."""
    rows = await connection.execute(_STANDING_OF_USER, {"user_id": user_id})
    return {id_: Standing(last_seq, joined_seq) for id_, last_seq, joined_seq in rows}


async def last_seq_of(connection: AsyncConnection, conversation_id: UUID) -> int:
    """The conversation's last number; 0 where there is no such conversation. Index: its key."""
    found = await connection.execute(_LAST_SEQ, {"conversation_id": conversation_id})
    return found.scalar_one_or_none() or 0


async def members_over_time(connection: AsyncConnection, conversation_id: UUID) -> list[MemberSpan]:
    """Everybody who takes, or took, part. Index: the primary key's first column."""
    rows = await connection.execute(_MEMBERS_OVER_TIME, {"conversation_id": conversation_id})
    return [MemberSpan(*row) for row in rows]


async def changes_since(connection: AsyncConnection, moment: datetime) -> Changes:
    """Which conversations moved, who joined them, and which sessions ended, since `moment`.

    One query, its cost that of what changed, however much there is. Indexes:
    idx_conversations_updated_at, pk_conversation_participants, idx_sessions_revoked_at.
    """
    changes = Changes({}, {})
    row: AnyRow
    for row in await connection.execute(_CHANGES, {"moment": moment}):
        if row.last_seq is None:
            changes.ended_sessions[row.id] = row.user_id
            continue
        touched = changes.conversations.setdefault(row.id, Touched(row.last_seq, []))
        if row.user_id is not None:
            touched.joiners.append(row.user_id)
    return changes
