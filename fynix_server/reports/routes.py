"""The REST endpoints of reports, and of the cases that moderators make of them."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.auth import Principal, authenticated
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.cases import (
    ActionRequest,
    AssignRequest,
    CaseActResponse,
    CaseDetails,
    CaseListResponse,
    CaseReadResponse,
    CasesQuery,
    DismissRequest,
)
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.reports import (
    ReportCreate,
    ReportListResponse,
    ReportResponse,
    ReportsQuery,
)
from fynix_server.reports import deciding, looking, reading, reporting

blueprint = Blueprint("reports", __name__, url_prefix="/api")


@blueprint.post("/reports")
@authenticated("report")
@accepts(ReportCreate)
@document_response(ReportResponse, 201)
async def file_report(principal: Principal, data: ReportCreate) -> Response:
    """Report a message or a person to the moderators. 201, or 400, 401, 404, 409, 429."""
    report = await reporting.file_report(current_resources(), principal.user_id, data)
    return json_response(report, 201)


@blueprint.get("/reports")
@authenticated()
@validate_querystring(ReportsQuery)
@document_response(ReportListResponse)
async def list_own_reports(principal: Principal, query_args: ReportsQuery) -> Response:
    """One's own reports and what became of them, the newest first. 200, or 400, 401, 429."""
    page = await reporting.list_own_reports(current_resources(), principal.user_id, query_args)
    return json_response(page)


@blueprint.get("/admin/cases")
@administered(ServerAct.CASE_LIST)
@validate_querystring(CasesQuery)
@document_response(CaseListResponse)
async def list_cases(acting: Acting, query_args: CasesQuery) -> Response:
    """Cases, the oldest first; by default those open. 200, or 400, 401, 403, 429."""
    return json_response(await looking.list_cases(current_resources(), acting, query_args))


@blueprint.get("/admin/cases/<id:case_id>")
@administered(ServerAct.CASE_LIST)
@document_response(CaseDetails)
async def show_case(acting: Acting, case_id: UUID) -> Response:
    """A case, without what people wrote. 200, or 400, 401, 403, 404, 429."""
    return json_response(await looking.show_case(current_resources(), acting, case_id))


@blueprint.post("/admin/cases/<id:case_id>/read")
@administered(ServerAct.CASE_SHOW)
@accepts(ActRequest)
@document_response(CaseReadResponse)
async def read_case(acting: Acting, case_id: UUID, data: ActRequest) -> Response:
    """A case with what people wrote, the evidence. 200, or 400, 401, 403, 404, 429."""
    return json_response(await reading.read_case(current_resources(), acting, case_id, data))


@blueprint.post("/admin/cases/<id:case_id>/assign")
@administered(ServerAct.CASE_ASSIGN)
@accepts(AssignRequest)
@document_response(CaseActResponse)
async def assign_case(acting: Acting, case_id: UUID, data: AssignRequest) -> Response:
    """Take a case, or give it to another moderator. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await deciding.assign_case(current_resources(), acting, case_id, data))


@blueprint.post("/admin/cases/<id:case_id>/action")
@administered(ServerAct.CASE_ACTION)
@accepts(ActionRequest)
@document_response(CaseActResponse)
async def action_case(acting: Acting, case_id: UUID, data: ActionRequest) -> Response:
    """Close a case about which something was done, and tell its reporter.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await deciding.action_case(current_resources(), acting, case_id, data))


@blueprint.post("/admin/cases/<id:case_id>/dismiss")
@administered(ServerAct.CASE_DISMISS)
@accepts(DismissRequest)
@document_response(CaseActResponse)
async def dismiss_case(acting: Acting, case_id: UUID, data: DismissRequest) -> Response:
    """Close a case about which nothing is to be done, and tell its reporter.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await deciding.dismiss_case(current_resources(), acting, case_id, data))
