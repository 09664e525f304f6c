"""SQL of complaints: who blocks or reports somebody, and to whom of these they wrote."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.spam.queries import MAX_NUMBERS, is_by, moved_since
from fynix_server.tables import (
    Block,
    Conversation,
    ConversationParticipant,
    Message,
    Report,
    SpamAssessment,
)

_MAX_COMPLAINERS = 500
"""Of each kind, the newest: whoever has accounts enough to hide behind them has been seen."""
_MAX_GROUPS = 30
_MAX_NEW = 500


async def blockers_of(connection: AsyncConnection, user_id: UUID, since: datetime) -> set[UUID]:
    """Who has blocked them since, and still does; the newest 500. Index: idx_blocks_blocked."""
    query = (
        select(Block.blocker_id)
        .where(Block.blocked_id == user_id, Block.created_at >= since)
        .order_by(Block.created_at.desc(), Block.blocker_id.desc())
        .limit(_MAX_COMPLAINERS)
    )
    return set((await connection.execute(query)).scalars())


async def reporters_of(connection: AsyncConnection, user_id: UUID, since: datetime) -> set[UUID]:
    """Who has reported them since, but for what a moderator has dismissed; the newest 500.

    Index: idx_reports_target_user or idx_reports_target_status.
    """
    newest = func.max(Report.created_at)
    query = (
        select(Report.reporter_id)
        .where(
            Report.target_user_id == user_id,
            Report.created_at >= since,
            Report.status != "dismissed",
        )
        .group_by(Report.reporter_id)
        .order_by(newest.desc(), Report.reporter_id.desc())
        .limit(_MAX_COMPLAINERS)
    )
    return set((await connection.execute(query)).scalars())


async def written_to_directly(
    connection: AsyncConnection, user_id: UUID, people: Collection[UUID], since: datetime
) -> set[UUID]:
    """Those of `people` who got a direct message of theirs since then.

    Among the newest 100 numbers of each conversation. Indexes: uq_conversations_dm_key,
    uq_messages_conversation_id_seq.
    """
    by_key = {":".join(sorted((str(user_id), str(it)))): it for it in people}
    of_theirs = (
        select(Message.seq)
        .where(
            Message.conversation_id == Conversation.id,
            Message.seq > Conversation.last_seq - MAX_NUMBERS,
            *_reached_others(user_id, since),
        )
        .limit(1)
        .scalar_subquery()
    )
    query = select(Conversation.dm_key).where(
        Conversation.dm_key.in_(by_key), of_theirs.is_not(None)
    )
    keys = (await connection.execute(query)).scalars()
    return {by_key[key] for key in keys if key is not None}


async def written_to_in_groups(
    connection: AsyncConnection, user_id: UUID, people: Collection[UUID], since: datetime
) -> set[UUID]:
    """Those of `people` who were in a group as they wrote there, in the 30 liveliest of theirs.

    Indexes: idx_participants_user_active, pk_conversations, uq_messages_conversation_id_seq,
    pk_conversation_participants.
    """
    moved = moved_since(user_id, since, Conversation.is_group.is_(True), at_most=_MAX_GROUPS)
    spoken = (
        select(
            Message.conversation_id,
            func.min(Message.seq).label("first"),
            func.max(Message.seq).label("last"),
        )
        .select_from(moved)
        .join(
            Message,
            and_(
                Message.conversation_id == moved.c.id,
                Message.seq > moved.c.last_seq - MAX_NUMBERS,
            ),
        )
        .where(*_reached_others(user_id, since))
        .group_by(Message.conversation_id)
        .subquery("spoken")
    )
    member = ConversationParticipant
    query = (
        select(member.user_id)
        .distinct()
        .select_from(spoken)
        .join(member, member.conversation_id == spoken.c.conversation_id)
        .where(
            member.user_id.in_(people),
            member.joined_seq < spoken.c.last,
            or_(member.left_seq.is_(None), member.left_seq > spoken.c.first),
        )
    )
    return set((await connection.execute(query)).scalars())


def _reached_others(user_id: UUID, since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Messages of theirs that others were shown. Found by their numbers, of which there are few:
    the plain conditions would invite to the index over times, and to months of a conversation."""
    created_at = func.coalesce(Message.created_at, Message.created_at)
    return is_by(user_id), created_at >= since, Message.hidden_because.is_(None)


class Complaint(NamedTuple):
    """Somebody was blocked or reported."""

    user_id: UUID
    at: datetime


async def complaints_not_looked_at(connection: AsyncConnection, since: datetime) -> list[Complaint]:
    """People who were blocked or reported since, and not judged after it; the longest ago first.

    At most 500. Indexes: idx_blocks_created_at, idx_reports_created_at, pk_spam_assessments.
    """
    complaints = union_all(
        select(Block.blocked_id.label("user_id"), Block.created_at.label("at")).where(
            Block.created_at >= since
        ),
        select(Report.target_user_id, Report.created_at).where(Report.created_at >= since),
    ).subquery("complaints")
    assessment, at = SpamAssessment, func.max(complaints.c.at)
    query = (
        select(complaints.c.user_id, at)
        .select_from(complaints)
        .outerjoin(assessment, assessment.user_id == complaints.c.user_id)
        .where(
            or_(assessment.claimed_at.is_(None), assessment.claimed_at < complaints.c.at),
            func.coalesce(assessment.is_exempt, False).is_(False),
        )
        .group_by(complaints.c.user_id)
        .order_by(at, complaints.c.user_id)
        .limit(_MAX_NEW)
    )
    return [Complaint(*row) for row in await connection.execute(query)]
