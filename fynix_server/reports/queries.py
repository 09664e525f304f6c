"""SQL of reports as those see them who make them. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from fynix_server.policy import Horizon
from fynix_server.policy.retention_queries import shown_of_each
from fynix_server.tables import (
    AnyRow,
    AnySelect,
    ConversationParticipant,
    Message,
    Report,
    ReportEvidence,
    User,
)

_EVER = 2**63 - 1
_REPORT = (
    Report.id,
    Report.target_user_id,
    Report.message_id,
    Report.conversation_id,
    Report.reason,
    Report.comment,
    Report.status,
    Report.outcome,
    Report.created_at,
    Report.closed_at,
)
_MESSAGE = (
    Message.id,
    Message.seq,
    Message.sender_id,
    Message.content,
    Message.content_type,
    Message.created_at,
    Message.edited_at,
    Message.is_deleted,
)


# ── what somebody may report ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reportable:
    """A message, and what of its conversation was its reader's to read: from `joined_seq` to
    `left_seq`, both included, and seen for certain up to `last_read_seq`."""

    message_id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    created_at: datetime
    reader_id: UUID
    joined_seq: int
    left_seq: int
    last_read_seq: int


async def find_reportable(
    connection: AsyncConnection, reader_id: UUID, message_id: UUID, conversation_id: UUID | None
) -> Reportable | None:
    """A message that the reader was there for, whether or not it was deleted since; None
    otherwise. Indexes: the primary keys of messages and participants."""
    part = ConversationParticipant
    left_seq = func.coalesce(part.left_seq, _EVER)
    query = (
        select(
            Message.id,
            Message.conversation_id,
            Message.seq,
            Message.sender_id,
            Message.created_at,
            part.user_id,
            part.joined_seq,
            left_seq,
            part.last_read_seq,
        )
        .join(part, part.conversation_id == Message.conversation_id)
        .where(
            Message.id == message_id,
            part.user_id == reader_id,
            Message.seq >= part.joined_seq,
            Message.seq <= left_seq,
            _is_shown_to(reader_id),
        )
    )
    if conversation_id is not None:
        query = query.where(Message.conversation_id == conversation_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Reportable(*row)


async def has_met(
    connection: AsyncConnection, user_id: UUID, other_id: UUID, conversation_id: UUID | None
) -> bool:
    """Whether both take, or took, part in a conversation (None: in any) at the same time.

    Nobody has met who was erased. Indexes: pk_users, idx_participants_user_active, then
    pk_conversation_participants; as many steps as the first has conversations.
    """
    own, other = aliased(ConversationParticipant), aliased(ConversationParticipant)
    query = (
        select(own.conversation_id)
        .join(other, other.conversation_id == own.conversation_id)
        .join(User, User.id == other.user_id)
        .where(
            own.user_id == user_id,
            other.user_id == other_id,
            own.joined_seq <= func.coalesce(other.left_seq, _EVER),
            other.joined_seq <= func.coalesce(own.left_seq, _EVER),
            User.status != "erased",
        )
        .limit(1)
    )
    if conversation_id is not None:
        query = query.where(own.conversation_id == conversation_id)
    return (await connection.execute(query)).one_or_none() is not None


# ── making a report ──────────────────────────────────────────────────────────────────────────


async def insert_report(connection: AsyncConnection, row: dict[str, Any]) -> bool:
    """False where the reporter has one that is not closed about the same, and nothing is stored.

    A racing insert is waited for. Index: uq_reports_open.
    """
    dialect_insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    statement = dialect_insert(Report).values(**row).on_conflict_do_nothing()
    stored = await connection.execute(statement.returning(Report.id))
    return stored.one_or_none() is not None


async def messages_around(
    connection: AsyncConnection, reported: Reportable, *, count: int, reach: int, horizon: Horizon
) -> list[AnyRow]:
    """The message, and at most `count` before and as many after it that its reader could read,
    by `seq`; looked for among the `reach` numbers on either side.

    Deleted ones only where the reader had read them before, expired ones not at all. Index:
    uq_messages_conversation_id_seq.
    """
    itself = select(*_MESSAGE).where(Message.id == reported.message_id)
    # One bound on each side: SQLite would take any two of several, and read what lies between.
    first = max(reported.joined_seq, reported.seq - reach)
    last = min(reported.left_seq, reported.seq + reach)
    shown = shown_of_each(horizon, [reported.conversation_id])
    before = _readable(reported, first, reported.seq - 1).where(*shown)
    after = _readable(reported, reported.seq + 1, last).where(*shown)
    rows: list[AnyRow] = []
    for query in (
        before.order_by(Message.seq.desc()).limit(count),
        itself,
        after.order_by(Message.seq).limit(count),
    ):
        rows += (await connection.execute(query)).all()
    return sorted(rows, key=lambda row: int(row.seq))


def _readable(reported: Reportable, first: int, last: int) -> AnySelect:
    was_seen = and_(Message.is_deleted, Message.seq <= reported.last_read_seq)
    return select(*_MESSAGE).where(
        Message.conversation_id == reported.conversation_id,
        Message.seq >= first,
        Message.seq <= last,
        _is_shown_to(reported.reader_id),
        or_(Message.is_deleted.is_(False), was_seen, Message.sender_id == reported.reader_id),
    )


def _is_shown_to(reader_id: UUID) -> ColumnElement[bool]:
    # What is held for review, or limited in the shadow, only its sender sees.
    return or_(Message.hidden_because.is_(None), Message.sender_id == reader_id)


async def insert_evidence(
    connection: AsyncConnection, report_id: UUID, messages: Sequence[AnyRow]
) -> None:
    """Keep rows of `messages_around` as they are now."""
    rows = [
        {
            "report_id": report_id,
            "message_id": message.id,
            **{name: value for name, value in message._mapping.items() if name != "id"},
        }
        for message in messages
    ]
    await connection.execute(insert(ReportEvidence), rows)


# ── one's own ────────────────────────────────────────────────────────────────────────────────


async def find_own_report(connection: AsyncConnection, report_id: UUID) -> AnyRow:
    """One that is known to exist. Index: the primary key."""
    return (await connection.execute(select(*_REPORT).where(Report.id == report_id))).one()


async def reports_by(
    connection: AsyncConnection, reporter_id: UUID, before: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """Theirs, the newest first, at most `limit`. Index: idx_reports_reporter, backwards."""
    query = select(*_REPORT).where(Report.reporter_id == reporter_id)
    if before is not None:
        query = query.where(Report.id < before)
    return (await connection.execute(query.order_by(Report.id.desc()).limit(limit))).all()
