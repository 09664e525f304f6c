"""SQL of cases: reports as moderators see them and work on them. Nothing here commits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import NotFound
from fynix_server.tables import AnyRow, Report, ReportEvidence, User

_CASES = select(
    Report.id,
    Report.status,
    Report.reason,
    Report.target_user_id,
    Report.reporter_id,
    Report.assigned_to,
    Report.message_id,
    Report.conversation_id,
    Report.outcome,
    Report.created_at,
    Report.updated_at,
    Report.closed_at,
)


@dataclass(frozen=True, slots=True)
class CasesWanted:
    """Which cases; None: whatever it is."""

    status: str | None
    assigned_to: UUID | None
    user_id: UUID | None
    reporter_id: UUID | None
    after: UUID | None


async def cases(connection: AsyncConnection, wanted: CasesWanted, limit: int) -> Sequence[AnyRow]:
    """At most `limit`, the oldest first.

    Indexes: idx_reports_status, idx_reports_assigned_to, idx_reports_target_user,
    idx_reports_target_status, idx_reports_reporter or the primary key.
    """
    order = (Report.id,) if wanted.status is None else (Report.status, Report.id)
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Report.assigned_to, wanted.assigned_to),
        (Report.target_user_id, wanted.user_id),
        (Report.reporter_id, wanted.reporter_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.status is not None:
        # Not `=`: Postgres would then take the order of ids for the order wanted, and might walk
        # through all that were ever closed to the first that is open.
        after = (wanted.status, wanted.after or UUID(int=0))
        conditions += [tuple_(*order) > after, Report.status <= wanted.status]
    elif wanted.after is not None:
        conditions.append(Report.id > wanted.after)
    query = _CASES.where(*conditions).order_by(*order).limit(limit)
    return (await connection.execute(query)).all()


async def find_case(connection: AsyncConnection, case_id: UUID) -> AnyRow:
    """Index: the primary key. Raises: NotFound."""
    case = (await connection.execute(_CASES.where(Report.id == case_id))).one_or_none()
    if case is None:
        raise NotFound("There is no such case.", code="case_not_found")
    return case


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody whom a case names, or whom it is to be given to."""

    id: UUID
    username: str
    role: str
    status: str
    status_until: datetime | None


Parties = dict[UUID, Party]


async def parties_of(connection: AsyncConnection, cases: Iterable[AnyRow]) -> Parties:
    """Everybody whom they name, by id. Index: the primary key."""
    ids = {it for case in cases for it in (case.target_user_id, case.reporter_id, case.assigned_to)}
    return await find_people(connection, ids - {None})


async def find_people(connection: AsyncConnection, user_ids: Collection[UUID]) -> Parties:
    """Those of them that there are, by id. Index: the primary key."""
    columns = (User.id, User.username, User.role, User.status, User.status_until)
    query = select(*columns).where(User.id.in_(user_ids))
    return {row.id: Party(*row) for row in await connection.execute(query)}


async def lock_case(connection: AsyncConnection, case_id: UUID) -> AnyRow:
    """The case, which nobody else changes before the commit; none whose words it holds is erased
    before that either, so that either the erasing finds it closed or its closing them erased.

    People first, by id, as acts on people lock them. Indexes: the primary keys.

    Raises: NotFound.
    """
    senders = select(ReportEvidence.sender_id).where(ReportEvidence.report_id == case_id)
    reporter = select(Report.reporter_id).where(Report.id == case_id)
    people = select(User.id).where(User.id.in_(senders.union(reporter))).order_by(User.id)
    await connection.execute(people.with_for_update(read=True))
    locked = select(Report.id).where(Report.id == case_id).with_for_update()
    await connection.execute(locked)
    return await find_case(connection, case_id)


async def change_case(connection: AsyncConnection, case_id: UUID, **changes: Any) -> None:
    """Set the columns named."""
    await connection.execute(update(Report).where(Report.id == case_id).values(**changes))


async def comment_of(connection: AsyncConnection, case_id: UUID) -> str | None:
    """What its reporter wrote. Index: the primary key."""
    query = select(Report.comment).where(Report.id == case_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def count_evidence(connection: AsyncConnection, case_id: UUID) -> int:
    """How many messages are kept. Index: the primary key."""
    query = select(func.count()).where(ReportEvidence.report_id == case_id)
    return (await connection.execute(query)).scalar_one()


async def evidence_of(connection: AsyncConnection, case_id: UUID) -> Sequence[AnyRow]:
    """The messages kept, by `seq`: eleven at most. Index: the primary key, then pk_users."""
    query = (
        select(
            ReportEvidence.message_id,
            ReportEvidence.seq,
            ReportEvidence.sender_id,
            User.username.label("sender_username"),
            ReportEvidence.content,
            ReportEvidence.content_type,
            ReportEvidence.created_at,
            ReportEvidence.edited_at,
            ReportEvidence.is_deleted,
        )
        .outerjoin(User, User.id == ReportEvidence.sender_id)
        .where(ReportEvidence.report_id == case_id)
        .order_by(ReportEvidence.seq)
    )
    return (await connection.execute(query)).all()


async def purge_evidence_of_erased(connection: AsyncConnection, report_id: UUID) -> int:
    """Remove what people wrote who were erased since: their messages, and the reporter's comment.

    To be called when the case is closed; until then the evidence stays. How many messages went.
    Indexes: the primary keys.
    """

    def is_erased(user_id: Any) -> ColumnElement[bool]:
        return exists().where(User.id == user_id, User.status == "erased")

    await connection.execute(
        update(Report)
        .where(Report.id == report_id, is_erased(Report.reporter_id))
        .values(comment=None)
    )
    purged = await connection.execute(
        delete(ReportEvidence).where(
            ReportEvidence.report_id == report_id, is_erased(ReportEvidence.sender_id)
        )
    )
    return purged.rowcount
