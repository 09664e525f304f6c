"""The REST endpoints of the audit log."""

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.auditing import service
from fynix_server.http import current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.audit import AuditEntryResponse, AuditListResponse, AuditQuery

blueprint = Blueprint("auditing", __name__, url_prefix="/api/admin/audit")


@blueprint.get("")
@administered(ServerAct.AUDIT_READ)
@validate_querystring(AuditQuery)
@document_response(AuditListResponse)
async def list_audit_entries(acting: Acting, query_args: AuditQuery) -> Response:
    """What was done by those with power, newest first. 200, or 400, 401, 403, 429."""
    return json_response(await service.list_entries(current_resources(), query_args))


@blueprint.get("/<seq>")
@administered(ServerAct.AUDIT_READ)
@document_response(AuditEntryResponse)
async def show_audit_entry(acting: Acting, seq: str) -> Response:
    """One entry. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.show_entry(current_resources(), seq))
