"""The REST endpoints of the content filter."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.filtering import service, trying
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.filtering import (
    FilterTestRequest,
    FilterTestResponse,
    RuleActResponse,
    RuleAddRequest,
    RuleChangeRequest,
    RuleImportRequest,
    RuleImportResponse,
    RuleListResponse,
    RuleResponse,
    RulesQuery,
)
from fynix_server.protocol.moderation import ActRequest

blueprint = Blueprint("filtering", __name__, url_prefix="/api/admin/filter")


@blueprint.get("/rules")
@administered(ServerAct.FILTER_LIST)
@validate_querystring(RulesQuery)
@document_response(RuleListResponse)
async def list_rules(acting: Acting, query_args: RulesQuery) -> Response:
    """Rules of the content filter, by name. 200, or 400, 401, 403, 429."""
    return json_response(await service.list_rules(current_resources(), query_args))


@blueprint.get("/rules/<id:rule_id>")
@administered(ServerAct.FILTER_LIST)
@document_response(RuleResponse)
async def show_rule(acting: Acting, rule_id: UUID) -> Response:
    """One rule, and how often it has matched. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.show_rule(current_resources(), rule_id))


@blueprint.post("/rules")
@administered(ServerAct.FILTER_ADD)
@accepts(RuleAddRequest)
@document_response(RuleActResponse, 201)
async def add_rule(acting: Acting, data: RuleAddRequest) -> Response:
    """Add a rule: in shadow, unless it says otherwise. 201, or 400, 401, 403, 409, 429."""
    return json_response(await service.add_rule(current_resources(), acting, data), 201)


@blueprint.patch("/rules/<id:rule_id>")
@administered(ServerAct.FILTER_CHANGE)
@accepts(RuleChangeRequest)
@document_response(RuleActResponse)
async def change_rule(acting: Acting, rule_id: UUID, data: RuleChangeRequest) -> Response:
    """Change a rule; what is null stays as it is. 200, or 400, 401, 403, 404, 409, 429."""
    return json_response(await service.change_rule(current_resources(), acting, rule_id, data))


@blueprint.delete("/rules/<id:rule_id>")
@administered(ServerAct.FILTER_REMOVE)
@accepts(ActRequest)
@document_response(RuleActResponse)
async def remove_rule(acting: Acting, rule_id: UUID, data: ActRequest) -> Response:
    """Remove a rule, and what it has counted. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.remove_rule(current_resources(), acting, rule_id, data))


@blueprint.post("/import")
@administered(ServerAct.FILTER_IMPORT)
@accepts(RuleImportRequest)
@document_response(RuleImportResponse)
async def import_rules(acting: Acting, data: RuleImportRequest) -> Response:
    """Add and change rules by name: all of them or none. 200, or 400, 401, 403, 409, 429."""
    return json_response(await service.import_rules(current_resources(), acting, data))


@blueprint.post("/test")
@administered(ServerAct.FILTER_TEST)
@accepts(FilterTestRequest)
@document_response(FilterTestResponse)
async def judge_text(acting: Acting, data: FilterTestRequest) -> Response:
    """What the rules would make of a text; nothing is sent or counted.

    200, or 400, 401, 403, 429.
    """
    return json_response(await trying.try_out(current_resources(), data))
