"""SQL of judgements: whose turn it is, what was said of whom, what stands. Never commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy import status_at
from fynix_server.tables import (
    AnyRow,
    AuditEntry,
    Restriction,
    SpamAssessment,
    Table,
    User,
)

_ASSESSED = (
    SpamAssessment.user_id,
    User.username,
    SpamAssessment.score,
    SpamAssessment.measure,
    SpamAssessment.withheld,
    SpamAssessment.reasons,
    SpamAssessment.assessed_at,
    SpamAssessment.is_exempt,
)


class Person(NamedTuple):
    """What of somebody's account decides what may be done to them."""

    id: UUID
    username: str
    role: str
    status: str
    status_until: datetime | None

    def is_shut_out(self, now: datetime) -> bool:
        """Suspended or banned; a suspension that is over counts no more."""
        return status_at(self.status, self.status_until, now) != "active"


async def find_person(
    connection: AsyncConnection, user_id: UUID, *, is_locked: bool = False
) -> Person | None:
    """None: nobody, or erased. `is_locked`: nobody else changes them before the commit; they may
    be referred to meanwhile, so that what they send does not wait. Index: the primary key."""
    query = select(User.id, User.username, User.role, User.status, User.status_until).where(
        User.id == user_id, User.status != "erased"
    )
    if is_locked:
        query = query.with_for_update(key_share=True)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Person(*row)


async def suspend_person(
    connection: AsyncConnection, user_id: UUID, until: datetime, now: datetime
) -> None:
    changes = {"status": "suspended", "status_until": until, "status_changed_at": now}
    await connection.execute(update(User).where(User.id == user_id).values(changes))


# ── what stands ──────────────────────────────────────────────────────────────────────────────


async def restrictions_in_force(
    connection: AsyncConnection, user_id: UUID, now: datetime
) -> set[str]:
    """The kinds. Index: the primary key."""
    query = select(Restriction.kind).where(
        Restriction.user_id == user_id, or_(Restriction.until.is_(None), Restriction.until > now)
    )
    return set((await connection.execute(query)).scalars())


async def acts_on_since(
    connection: AsyncConnection, user_id: UUID, actions: list[str], since: datetime
) -> set[str]:
    """Which of these acts were done to them since. Index: idx_audit_log_target."""
    query = (
        select(AuditEntry.action)
        .distinct()
        .where(
            AuditEntry.target_id == str(user_id),
            AuditEntry.action.in_(actions),
            AuditEntry.outcome == "done",
            AuditEntry.at >= since,
        )
    )
    return set((await connection.execute(query)).scalars())


async def put_restriction(connection: AsyncConnection, restriction: dict[str, Any]) -> None:
    """In place of one of the kind that is over; one that holds stays as it is."""
    key = {name: restriction[name] for name in ("user_id", "kind")}
    await connection.execute(
        delete(Restriction).filter_by(**key).where(Restriction.until <= restriction["created_at"])
    )
    inserting = _insert_into(connection, Restriction).values(restriction)
    await connection.execute(inserting.on_conflict_do_nothing(index_elements=list(key)))


# ── assessments ──────────────────────────────────────────────────────────────────────────────


async def claim(
    connection: AsyncConnection, user_id: UUID, unless_since: datetime, now: datetime
) -> bool:
    """Set out to judge them. False: somebody has done so later than `unless_since`, or they are
    exempt. Of several at once, one is told True. Index: the primary key."""
    assessment = SpamAssessment
    statement = _upsert(
        connection,
        {"user_id": user_id, "claimed_at": now},
        {"claimed_at": now},
        and_(
            assessment.is_exempt.is_(False),
            or_(assessment.claimed_at.is_(None), assessment.claimed_at <= unless_since),
        ),
    ).returning(assessment.user_id)
    return (await connection.execute(statement)).one_or_none() is not None


async def claimed_at(connection: AsyncConnection, user_id: UUID) -> datetime | None:
    """When somebody last set out to judge them; None: nobody did, or they are exempt.

    Index: the primary key.
    """
    query = select(SpamAssessment.claimed_at).where(
        SpamAssessment.user_id == user_id, SpamAssessment.is_exempt.is_(False)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def store_assessment(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """`row`: user_id, score, measure, withheld, reasons, assessed_at, claimed_at."""
    changes = {name: value for name, value in row.items() if name != "user_id"}
    await connection.execute(_upsert(connection, row, changes))


async def set_exempt(connection: AsyncConnection, user_id: UUID, *, is_exempt: bool) -> None:
    row = {"user_id": user_id, "is_exempt": is_exempt}
    await connection.execute(_upsert(connection, row, {"is_exempt": is_exempt}))


def _upsert(
    connection: AsyncConnection,
    row: dict[str, Any],
    changes: dict[str, Any],
    where: ColumnElement[bool] | None = None,
) -> Any:
    return (
        _insert_into(connection, SpamAssessment)
        .values(row)
        .on_conflict_do_update(index_elements=["user_id"], set_=changes, where=where)
    )


def _insert_into(connection: AsyncConnection, table: type[Table]) -> Any:
    """An insert that may say what is done about a conflict."""
    make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return make(table)


async def find_assessment(connection: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """As `assessments` gives it; None: they were never judged, nor exempt. Index: the keys."""
    query = (
        select(*_ASSESSED)
        .join(User, User.id == SpamAssessment.user_id)
        .where(SpamAssessment.user_id == user_id)
    )
    return (await connection.execute(query)).one_or_none()


@dataclass(frozen=True, slots=True)
class AssessmentsWanted:
    """`measure` None: those with any points. `after`: score and id of the last one known."""

    measure: str | None = None
    is_exempt: bool = False
    after: tuple[int, UUID] | None = None


async def assessments(
    connection: AsyncConnection, wanted: AssessmentsWanted, limit: int
) -> list[AnyRow]:
    """At most `limit`, the highest scores first.

    Indexes: idx_spam_assessments_score, idx_spam_assessments_measure,
    idx_spam_assessments_exempt; pk_users.
    """
    assessment = SpamAssessment
    conditions: list[ColumnElement[bool]] = []
    if wanted.is_exempt:
        conditions.append(assessment.is_exempt.is_(True))
    elif wanted.measure is None:
        conditions.append(assessment.score > 0)
    if wanted.measure is not None:
        conditions.append(assessment.measure == wanted.measure)
    if wanted.after is not None:
        score, user_id = wanted.after
        last = tuple_(literal(score), literal(user_id, assessment.user_id.type))
        conditions.append(tuple_(assessment.score, assessment.user_id) < last)
    query = (
        select(*_ASSESSED)
        .join(User, User.id == assessment.user_id)
        .where(*conditions)
        .order_by(assessment.score.desc(), assessment.user_id.desc())
        .limit(limit)
    )
    return list(await connection.execute(query))
