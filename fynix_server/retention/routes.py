"""The REST endpoints of retention: policies and legal holds."""

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.retention import (
    LegalHoldActResponse,
    LegalHoldRequest,
    LegalHoldsQuery,
    LegalHoldsResponse,
    RetentionActResponse,
    RetentionPoliciesResponse,
    RetentionQuery,
    RetentionScopeRequest,
    RetentionSetRequest,
)
from fynix_server.retention import holds, policies

blueprint = Blueprint("retention", __name__, url_prefix="/api/admin")


@blueprint.get("/retention")
@administered(ServerAct.RETENTION_SHOW)
@validate_querystring(RetentionQuery)
@document_response(RetentionPoliciesResponse)
async def show_retention(acting: Acting, query_args: RetentionQuery) -> Response:
    """For how long messages are kept. 200, or 400, 401, 403, 429."""
    return json_response(await policies.list_policies(current_resources(), query_args))


@blueprint.post("/retention/set")
@administered(ServerAct.RETENTION_SET)
@accepts(RetentionSetRequest)
@document_response(RetentionActResponse)
async def set_retention(acting: Acting, data: RetentionSetRequest) -> Response:
    """Show and keep messages for so many days. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await policies.set_policy(current_resources(), acting, data))


@blueprint.post("/retention/clear")
@administered(ServerAct.RETENTION_SET)
@accepts(RetentionScopeRequest)
@document_response(RetentionActResponse)
async def clear_retention(acting: Acting, data: RetentionScopeRequest) -> Response:
    """End a policy. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await policies.clear_policy(current_resources(), acting, data))


@blueprint.get("/legal-holds")
@administered(ServerAct.LEGAL_HOLD_LIST)
@validate_querystring(LegalHoldsQuery)
@document_response(LegalHoldsResponse)
async def list_legal_holds(acting: Acting, query_args: LegalHoldsQuery) -> Response:
    """What must stay stored. 200, or 400, 401, 403, 429."""
    return json_response(await holds.list_holds(current_resources(), query_args))


@blueprint.post("/legal-holds/add")
@administered(ServerAct.LEGAL_HOLD_SET)
@accepts(LegalHoldRequest)
@document_response(LegalHoldActResponse)
async def add_legal_hold(acting: Acting, data: LegalHoldRequest) -> Response:
    """Have a person's messages, or a conversation's, stay stored.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await holds.place_hold(current_resources(), acting, data))


@blueprint.post("/legal-holds/remove")
@administered(ServerAct.LEGAL_HOLD_LIFT)
@accepts(LegalHoldRequest)
@document_response(LegalHoldActResponse)
async def remove_legal_hold(acting: Acting, data: LegalHoldRequest) -> Response:
    """End a legal hold. 200, or 400, 401, 403, 409, 429."""
    return json_response(await holds.lift_hold(current_resources(), acting, data))
