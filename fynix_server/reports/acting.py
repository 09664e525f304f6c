"""What every act on a case has in common: the lock, the power, the record."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import NotPermitted
from fynix_server.permissions import require_power_over
from fynix_server.protocol.cases import CaseActResponse, CaseResponse
from fynix_server.protocol.moderation import ActRequest
from fynix_server.reports import case_queries
from fynix_server.reports.case_queries import Parties, Party
from fynix_server.reports.looking import case_response
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Change:
    """What an act has changed: for the audit log."""

    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OnCase:
    """The transaction of an act, the locked case (a row of `case_queries`) that it is about, and
    who is named in it."""

    connection: AsyncConnection
    case: AnyRow
    parties: Parties
    now: datetime


Apply = Callable[[OnCase], Awaitable[Change]]


async def act_on_case(
    resources: Resources, acting: Acting, case_id: UUID, request: ActRequest, apply: Apply
) -> CaseActResponse:
    """Let `apply` change a case, and record it; nothing where either is refused.

    Raises: NotFound, InvalidInput (it is about oneself), NotPermitted (about somebody with a
    role; one's own report), whatever `apply` raises.
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        case = await case_queries.lock_case(connection, case_id)
        parties = await case_queries.parties_of(connection, [case])
        _require_power_over_case(acting, case, parties[case.target_user_id])
        change = await apply(OnCase(connection, case, parties, now))
        shown = await _shown(connection, case_id)
        act = Act(acting.act, "case", str(case_id), change.before, change.after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    return CaseActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        case=shown,
    )


async def _shown(connection: AsyncConnection, case_id: UUID) -> CaseResponse:
    case = await case_queries.find_case(connection, case_id)
    return case_response(case, await case_queries.parties_of(connection, [case]))


def _require_power_over_case(acting: Acting, case: AnyRow, target: Party) -> None:
    """Nobody judges themselves, or what they have reported themselves; a case about somebody with
    a role is an admin's."""
    require_power_over(acting.user_id, acting.role, target.id, target.role)
    if case.reporter_id == acting.user_id:
        raise NotPermitted(
            "You have reported this yourself: another moderator decides it.", code="own_report"
        )
