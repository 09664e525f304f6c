"""Reporting a message or a person, and seeing what became of it."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import Conflict, InvalidInput, NotFound
from fynix_server.policy import Horizon
from fynix_server.protocol.reports import (
    ReportCreate,
    ReportListResponse,
    ReportResponse,
    ReportsQuery,
)
from fynix_server.reports import queries
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow, new_id

EVIDENCE_AROUND = 5
"""So many messages are kept before the reported one, and so many after it."""
EVIDENCE_REACH = 500
"""They are looked for so many numbers far: past that they say nothing about it any more, and a
conversation where everything was deleted is not read from end to end."""


async def file_report(
    resources: Resources, reporter_id: UUID, draft: ReportCreate
) -> ReportResponse:
    """Store a report, and with that of a message the evidence, for moderators to look at.

    Raises: NotFound (a message they cannot read, somebody they have never met: told no
    differently from what does not exist), InvalidInput (oneself), Conflict (they have reported
    it, and the case is not closed).
    """
    now = resources.clock()
    horizon = await resources.policy.horizon()
    report_id = new_id()
    async with resources.database.write() as connection:
        target = await _target_of(connection, reporter_id, draft, horizon)
        row = {
            "id": report_id,
            "reporter_id": reporter_id,
            "target_key": target.key,
            "target_user_id": target.user_id,
            "message_id": draft.message_id,
            "conversation_id": target.conversation_id,
            "reason": draft.reason,
            "comment": draft.comment or None,
            "created_at": now,
            "updated_at": now,
        }
        if not await queries.insert_report(connection, row):
            raise Conflict(
                "You have reported this already, and the case is not closed yet.",
                code="already_reported",
            )
        if target.message is not None:
            around = await queries.messages_around(
                connection,
                target.message,
                count=EVIDENCE_AROUND,
                reach=EVIDENCE_REACH,
                horizon=horizon,
            )
            await queries.insert_evidence(connection, report_id, around)
        stored = await queries.find_own_report(connection, report_id)
    return _response(stored)


async def list_own_reports(
    resources: Resources, reporter_id: UUID, wanted: ReportsQuery
) -> ReportListResponse:
    """A page of somebody's reports, the newest first."""
    async with resources.database.read() as connection:
        rows = await queries.reports_by(connection, reporter_id, wanted.before, wanted.limit + 1)
    page = [_response(row) for row in rows[: wanted.limit]]
    return ReportListResponse(
        reports=page, next_before=page[-1].id if len(rows) > len(page) else None
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """What a report is about. `user_id`: of a message its sender. `message` None: a person."""

    key: str
    user_id: UUID
    conversation_id: UUID | None
    message: queries.Reportable | None = None


async def _target_of(
    connection: AsyncConnection, reporter_id: UUID, draft: ReportCreate, horizon: Horizon
) -> _Target:
    if draft.message_id is not None:
        found = await queries.find_reportable(
            connection, reporter_id, draft.message_id, draft.conversation_id
        )
        return _message(found, reporter_id, horizon)
    user_id = cast(UUID, draft.user_id)  # the shape has one of the two
    _require_another(reporter_id, user_id)
    if not await queries.has_met(connection, reporter_id, user_id, draft.conversation_id):
        raise NotFound("There is no such person in a conversation of yours.", code="user_not_found")
    return _Target(f"user:{user_id}", user_id, draft.conversation_id)


def _message(found: queries.Reportable | None, reporter_id: UUID, horizon: Horizon) -> _Target:
    if found is None or horizon.hides(found.conversation_id, found.created_at):
        raise NotFound("There is no such message here.", code="message_not_found")
    _require_another(reporter_id, found.sender_id)
    return _Target(f"message:{found.message_id}", found.sender_id, found.conversation_id, found)


def _require_another(reporter_id: UUID, user_id: UUID) -> None:
    if user_id == reporter_id:
        raise InvalidInput("You cannot report yourself.", code="reporting_oneself")


def _response(row: AnyRow) -> ReportResponse:
    return ReportResponse(
        id=row.id,
        user_id=row.target_user_id,
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        reason=row.reason,
        comment=row.comment,
        status=row.status,
        outcome=row.outcome,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )
