"""Cases as moderators look at them, without what people wrote."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import pending_cases_about
from fynix_server.administered import Acting
from fynix_server.errors import FynixError
from fynix_server.permissions import require_power_over
from fynix_server.protocol.cases import (
    CaseDetails,
    CaseListResponse,
    CasePerson,
    CaseResponse,
    CasesQuery,
)
from fynix_server.reports import case_queries
from fynix_server.reports.case_queries import CasesWanted, Parties, Party
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def list_cases(resources: Resources, acting: Acting, wanted: CasesQuery) -> CaseListResponse:
    """A page of cases, the oldest first: the open ones, unless asked for others.

    Those that they have no power to decide are left out, such as those about themselves, which
    would show who has reported them: a page may so be shorter than asked for.
    """
    assigned_to = acting.user_id if wanted.assigned_to == "me" else wanted.assigned_to
    status = wanted.status or ("open" if assigned_to is None else "assigned")
    which = CasesWanted(
        status=None if status == "all" else status,
        assigned_to=assigned_to,
        user_id=wanted.user_id,
        reporter_id=wanted.reporter_id,
        after=wanted.after,
    )
    async with resources.database.read() as connection:
        rows = await case_queries.cases(connection, which, wanted.limit + 1)
        page = rows[: wanted.limit]
        parties = await case_queries.parties_of(connection, page)
    return CaseListResponse(
        cases=[
            case_response(row, parties)
            for row in page
            if _may_decide(acting, parties[row.target_user_id])
        ],
        next_after=page[-1].id if len(rows) > len(page) else None,
    )


def _may_decide(acting: Acting, target: Party) -> bool:
    try:
        require_power_over(acting.user_id, acting.role, target.id, target.role)
    except FynixError:
        return False
    return True


async def show_case(resources: Resources, acting: Acting, case_id: UUID) -> CaseDetails:
    """A case, and how much there is to read. Raises: NotFound, InvalidInput (about oneself),
    NotPermitted (about somebody with a role)."""
    async with resources.database.read() as connection:
        case = await case_queries.find_case(connection, case_id)
        parties = await case_queries.parties_of(connection, [case])
        target = parties[case.target_user_id]
        require_power_over(acting.user_id, acting.role, target.id, target.role)
        return await _details(connection, case_response(case, parties))


async def _details(connection: AsyncConnection, case: CaseResponse) -> CaseDetails:
    comment = await case_queries.comment_of(connection, case.id)
    return CaseDetails(
        **case.model_dump(),
        has_comment=comment is not None,
        evidence_messages=await case_queries.count_evidence(connection, case.id),
        pending_about_user=await pending_cases_about(connection, case.user.id),
    )


def case_response(row: AnyRow, parties: Parties) -> CaseResponse:
    """A row of `case_queries` as moderators see it. `parties`: at least those whom it names."""
    return CaseResponse(
        id=row.id,
        status=row.status,
        reason=row.reason,
        user=_person(parties[row.target_user_id]),
        reporter=_person(parties[row.reporter_id]),
        assigned_to=None if row.assigned_to is None else _person(parties[row.assigned_to]),
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        outcome=row.outcome,
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )


def _person(party: Party) -> CasePerson:
    return CasePerson(id=party.id, username=party.username)
