"""The SQL of an erasure as a whole: the person, the journal, what they have in small tables.

Takes the connection first; never commits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import PENDING
from fynix_server.tables import (
    AnyRow,
    AuditEntry,
    Block,
    ConversationParticipant,
    Erasure,
    HeldMessage,
    LegalHold,
    LimitOverride,
    Message,
    Notice,
    RefreshToken,
    Report,
    ReportEvidence,
    Restriction,
    Session,
    SeveredReading,
    SpamAssessment,
    User,
)

BATCH_ROWS = 200
Counts = dict[str, int]


# ── the person ───────────────────────────────────────────────────────────────────────────────


async def lock_user(connection: AsyncConnection, user_id: UUID) -> AnyRow:
    """`id, username, role, status` of somebody who is there, whom nobody else changes or refers to
    before the commit."""
    columns = (User.id, User.username, User.role, User.status)
    query = select(*columns).where(User.id == user_id).with_for_update()
    return (await connection.execute(query)).one()


async def is_held(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether a legal hold is on somebody, or on a conversation that they are or were in.

    Indexes: pk_legal_holds, idx_participants_user_active.
    """
    theirs = select(ConversationParticipant.conversation_id).where(
        ConversationParticipant.user_id == user_id
    )
    query = select(LegalHold.kind).where(
        or_(
            and_(LegalHold.kind == "user", LegalHold.subject_id == user_id),
            and_(LegalHold.kind == "conversation", LegalHold.subject_id.in_(theirs)),
        )
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def change_user(connection: AsyncConnection, user_id: UUID, **values: Any) -> None:
    """Set the columns named."""
    await connection.execute(update(User).where(User.id == user_id).values(**values))


# ── the journal ──────────────────────────────────────────────────────────────────────────────


async def find_erasure(connection: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """A person's row of the journal. Index: uq_erasures_user_id."""
    query = select(*Erasure.__table__.c).where(Erasure.user_id == user_id)
    return (await connection.execute(query)).one_or_none()


async def lock_erasure(connection: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """The same, which nobody else goes on with before the commit; None: it is finished."""
    query = select(*Erasure.__table__.c).where(
        Erasure.user_id == user_id, Erasure.finished_at.is_(None)
    )
    return (await connection.execute(query.with_for_update())).one_or_none()


async def insert_erasure(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    await connection.execute(insert(Erasure), row)


async def change_erasure(connection: AsyncConnection, user_id: UUID, **values: Any) -> None:
    """Set the columns named. Index: uq_erasures_user_id."""
    await connection.execute(update(Erasure).where(Erasure.user_id == user_id).values(**values))


async def add_counts(
    connection: AsyncConnection, user_id: UUID, before: str, added: Counts
) -> None:
    """Count rows by table, in the transaction that changed them; `before`: what the row says."""
    counts = json.loads(before)
    for table, rows in added.items():
        if rows:
            counts[table] = counts.get(table, 0) + rows
    after = json.dumps(counts, sort_keys=True)
    if after != before:
        await change_erasure(connection, user_id, counts=after)


async def erasures_after(
    connection: AsyncConnection, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The journal in the order of its ids, which is that of the beginnings. Index: its key."""
    query = select(*Erasure.__table__.c).order_by(Erasure.id).limit(limit)
    if after is not None:
        query = query.where(Erasure.id > after)
    return (await connection.execute(query)).all()


# ── small tables ─────────────────────────────────────────────────────────────────────────────


_SEVERED_READING = (
    SeveredReading.viewer_id,
    SeveredReading.reader_id,
    SeveredReading.conversation_id,
)


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows of a table that go, so many at once. The index that finds them is in `index`."""

    table: Any
    key: tuple[Any, ...]
    index: str
    condition: ColumnElement[bool]


def removals(user_id: UUID) -> tuple[Removal, ...]:
    """What goes row by row. Refresh tokens before the sessions that they are of."""
    closed = select(Report.id).where(Report.status.not_in(PENDING))
    sessions = select(Session.id).where(Session.user_id == user_id)
    return (
        Removal(
            RefreshToken,
            (RefreshToken.token_hash,),
            "idx_refresh_tokens_session_id",
            RefreshToken.session_id.in_(sessions),
        ),
        Removal(Session, (Session.id,), "idx_sessions_user", Session.user_id == user_id),
        Removal(Notice, (Notice.id,), "idx_notices_user", Notice.user_id == user_id),
        Removal(
            Block, (Block.blocker_id, Block.blocked_id), "pk_blocks", Block.blocker_id == user_id
        ),
        Removal(
            Block,
            (Block.blocker_id, Block.blocked_id),
            "idx_blocks_blocked",
            Block.blocked_id == user_id,
        ),
        Removal(
            SeveredReading,
            _SEVERED_READING,
            "pk_severed_readings",
            SeveredReading.viewer_id == user_id,
        ),
        Removal(
            SeveredReading,
            _SEVERED_READING,
            "idx_severed_readings_reader",
            SeveredReading.reader_id == user_id,
        ),
        Removal(
            Restriction,
            (Restriction.user_id, Restriction.kind),
            "pk_restrictions",
            Restriction.user_id == user_id,
        ),
        Removal(
            LimitOverride,
            (LimitOverride.user_id, LimitOverride.bucket),
            "pk_limit_overrides",
            LimitOverride.user_id == user_id,
        ),
        Removal(
            SpamAssessment,
            (SpamAssessment.user_id,),
            "pk_spam_assessments",
            SpamAssessment.user_id == user_id,
        ),
        Removal(
            HeldMessage,
            (HeldMessage.message_id,),
            "idx_held_messages_sender",
            HeldMessage.sender_id == user_id,
        ),
        Removal(
            ReportEvidence,
            (ReportEvidence.report_id, ReportEvidence.message_id),
            "idx_report_evidence_sender",
            (ReportEvidence.sender_id == user_id) & ReportEvidence.report_id.in_(closed),
        ),
    )


async def is_any(connection: AsyncConnection, removal: Removal) -> bool:
    """Whether there is anything to remove. Index: `removal.index`."""
    query = select(*removal.key).where(removal.condition).limit(1)
    return (await connection.execute(query)).first() is not None


async def remove_some(connection: AsyncConnection, removal: Removal) -> int:
    """Delete at most BATCH_ROWS of them, and say how many. Index: `removal.index`."""
    some = select(*removal.key).where(removal.condition).limit(BATCH_ROWS)
    key = removal.key[0] if len(removal.key) == 1 else tuple_(*removal.key)
    return (await connection.execute(delete(removal.table).where(key.in_(some)))).rowcount


async def empty_reports(connection: AsyncConnection, user_id: UUID) -> int:
    """Take the texts out of closed cases by or about somebody; at most BATCH_ROWS of them.

    Indexes: idx_reports_reporter, idx_reports_target_user.
    """
    has_text = or_(Report.comment.is_not(None), Report.outcome.is_not(None))
    is_closed = Report.status.not_in(PENDING)
    rows = 0
    for whose in (Report.reporter_id, Report.target_user_id):
        about = whose == user_id
        # What somebody else wrote of them is that person's: of those cases the outcome goes.
        text = has_text if whose is Report.reporter_id else Report.outcome.is_not(None)
        some = select(Report.id).where(about, is_closed, text).limit(BATCH_ROWS)
        values: dict[str, Any] = {"outcome": None}
        if whose is Report.reporter_id:
            values["comment"] = None
        emptied = update(Report).where(Report.id.in_(some)).values(**values)
        rows += (await connection.execute(emptied)).rowcount
    return rows


async def unassign_cases(connection: AsyncConnection, user_id: UUID) -> int:
    """Give back the cases that were theirs to look at. Index: idx_reports_assigned_to."""
    theirs = (Report.assigned_to == user_id) & Report.status.in_(PENDING)
    given_back = update(Report).where(theirs).values(assigned_to=None, status="open")
    return (await connection.execute(given_back)).rowcount


# ── what is kept, what there is ──────────────────────────────────────────────────────────────


async def kept_rows(connection: AsyncConnection, user_id: UUID) -> dict[tuple[str, str], int]:
    """Rows that stay, by table and reason.

    Indexes: idx_report_evidence_sender, idx_reports_reporter, idx_audit_log_actor.
    """
    open_cases = select(Report.id).where(Report.status.in_(PENDING))
    evidence = select(func.count()).where(
        ReportEvidence.sender_id == user_id, ReportEvidence.report_id.in_(open_cases)
    )
    comments = select(func.count()).where(
        Report.reporter_id == user_id, Report.status.in_(PENDING), Report.comment.is_not(None)
    )
    acts = select(func.count()).where(AuditEntry.actor_id == str(user_id))
    asked = {
        ("report_evidence", "open_case"): evidence,
        ("reports", "open_case"): comments,
        ("audit_log", "acts_of_theirs"): acts,
    }
    found = {key: (await connection.execute(query)).scalar_one() for key, query in asked.items()}
    return {key: rows for key, rows in found.items() if rows}


async def rows_of(connection: AsyncConnection, user_id: UUID) -> Counts:
    """What there is to erase, for a dry run. Receipts are not counted: no index finds them.

    Index for messages: uq_messages_sender_id_conversation_id_client_message_id.
    """
    asked: list[tuple[str, ColumnElement[bool], Any]] = [
        ("messages", Message.sender_id == user_id, Message),
        ("conversations", ConversationParticipant.user_id == user_id, ConversationParticipant),
    ]
    asked += [(it.table.__tablename__, it.condition, it.table) for it in removals(user_id)]
    counts: Counts = {"users": 1}
    for name, condition, table in asked:
        query = select(func.count()).select_from(table).where(condition)
        counts[name] = counts.get(name, 0) + (await connection.execute(query)).scalar_one()
    return {name: rows for name, rows in counts.items() if rows}
