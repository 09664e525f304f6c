"""A case from its assignment to its outcome."""

from typing import Literal
from uuid import UUID

from fynix_server.acted_on import PENDING
from fynix_server.administered import Acting
from fynix_server.errors import Conflict, FynixError, NotFound
from fynix_server.notifying import add_notice, announce_notice
from fynix_server.permissions import require_power_over, require_role
from fynix_server.policy import status_at
from fynix_server.protocol.cases import (
    ActionRequest,
    AssignRequest,
    CaseActResponse,
    DismissRequest,
)
from fynix_server.protocol.moderation import ActRequest
from fynix_server.reports import case_queries
from fynix_server.reports.acting import Change, OnCase, act_on_case
from fynix_server.reports.case_queries import Party
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow

NOTHING_FOUND = "We have looked at it, and found nothing against the rules."


async def assign_case(
    resources: Resources, acting: Acting, case_id: UUID, request: AssignRequest
) -> CaseActResponse:
    """Give a case that is not closed to a moderator; also one that another has.

    Raises: NotFound (the case, or the person), Conflict (closed; theirs already; they could not
    decide it), what `act_on_case` raises.
    """
    assignee_id = request.assignee_id or acting.user_id

    async def apply(on: OnCase) -> Change:
        _require_pending(on.case)
        if on.case.assigned_to == assignee_id:
            raise Conflict("It is theirs already.", code="already_so")
        found = await case_queries.find_people(on.connection, [assignee_id])
        if assignee_id not in found:
            raise NotFound("There is no such person.", code="user_not_found")
        _require_judge(found[assignee_id], on, acting)
        await case_queries.change_case(
            on.connection,
            case_id,
            status="assigned",
            assigned_to=assignee_id,
            updated_at=on.now,
        )
        return Change(_standing(on.case), {"status": "assigned", "assigned_to": str(assignee_id)})

    return await act_on_case(resources, acting, case_id, request, apply)


async def action_case(
    resources: Resources, acting: Acting, case_id: UUID, request: ActionRequest
) -> CaseActResponse:
    """Close a case about which something was done. Raises: as `_close`."""
    return await _close(resources, acting, case_id, request, ("actioned", request.outcome))


async def dismiss_case(
    resources: Resources, acting: Acting, case_id: UUID, request: DismissRequest
) -> CaseActResponse:
    """Close a case about which nothing is to be done. Raises: as `_close`."""
    outcome = request.outcome or NOTHING_FOUND
    return await _close(resources, acting, case_id, request, ("dismissed", outcome))


async def _close(
    resources: Resources,
    acting: Acting,
    case_id: UUID,
    request: ActRequest,
    decision: tuple[Literal["actioned", "dismissed"], str],
) -> CaseActResponse:
    """Close a case, and tell its reporter; an open one is first assigned to whoever closes it.

    Raises: Conflict (closed already; another moderator has it), what `act_on_case` raises.
    """
    status, outcome = decision
    told: list[tuple[UUID, str]] = []

    async def apply(on: OnCase) -> Change:
        _require_pending(on.case)
        if on.case.assigned_to not in (None, acting.user_id):
            raise Conflict(
                "Another moderator has it; assign it to yourself first.", code="case_of_another"
            )
        await case_queries.change_case(
            on.connection,
            case_id,
            status=status,
            assigned_to=acting.user_id,
            outcome=outcome,
            updated_at=on.now,
            closed_at=on.now,
        )
        await case_queries.purge_evidence_of_erased(on.connection, case_id)
        if on.parties[on.case.reporter_id].status != "erased":
            # Nothing of who decided it, or of what was done to whom.
            detail = f"Your report of {on.case.created_at:%Y-%m-%d}: {outcome}"
            await add_notice(on.connection, on.case.reporter_id, "report_outcome", detail, on.now)
            told.append((on.case.reporter_id, detail))
        return Change(_standing(on.case), {"status": status, "outcome": outcome})

    done = await act_on_case(resources, acting, case_id, request, apply)
    if not request.dry_run:
        for reporter_id, detail in told:
            announce_notice(resources.event_bus, reporter_id, detail)
    return done


def _require_pending(case: AnyRow) -> None:
    if case.status not in PENDING:
        raise Conflict(f"This case is closed: {case.status}.", code="case_closed")


def _require_judge(assignee: Party, on: OnCase, acting: Acting) -> None:
    """Raises: Conflict (code `not_assignable`): they could not decide it themselves."""
    target = on.parties[on.case.target_user_id]
    try:
        require_role(assignee.role, acting.act)
        require_power_over(assignee.id, assignee.role, target.id, target.role)
    except FynixError as refusal:
        raise Conflict(
            f"{assignee.username} could not decide it: they have no role for it, "
            "or the case is about them.",
            code="not_assignable",
        ) from refusal
    status = status_at(assignee.status, assignee.status_until, on.now)
    if on.case.reporter_id == assignee.id or status != "active":
        raise Conflict(
            f"{assignee.username} could not decide it: they reported it, or are shut out.",
            code="not_assignable",
        )


def _standing(case: AnyRow) -> dict[str, str | None]:
    assigned_to = None if case.assigned_to is None else str(case.assigned_to)
    return {"status": case.status, "assigned_to": assigned_to}
