"""The REST endpoints of the spam score."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.spam import (
    SpamActResponse,
    SpamExplanationResponse,
    SpamListQuery,
    SpamListResponse,
)
from fynix_server.spam import service

blueprint = Blueprint("spam", __name__, url_prefix="/api/admin")


@blueprint.get("/spam")
@administered(ServerAct.SPAM_LIST)
@validate_querystring(SpamListQuery)
@document_response(SpamListResponse)
async def list_spam_assessments(acting: Acting, query_args: SpamListQuery) -> Response:
    """Those who were judged by the spam score, the highest first. 200, or 400, 401, 403, 429."""
    return json_response(await service.list_assessments(current_resources(), query_args))


@blueprint.get("/users/<id:user_id>/spam")
@administered(ServerAct.SPAM_EXPLAIN)
@document_response(SpamExplanationResponse)
async def explain_spam_score(acting: Acting, user_id: UUID) -> Response:
    """Somebody's spam score as of now, with its reasons. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.explain(current_resources(), user_id))


@blueprint.post("/users/<id:user_id>/spam/judge")
@administered(ServerAct.SPAM_JUDGE)
@accepts(ActRequest)
@document_response(SpamActResponse)
async def judge_spammer(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Judge somebody now, and do what the score calls for. 200, or 400, 401, 403, 404, 429."""
    return json_response(await service.judge(current_resources(), acting, user_id, data))


@blueprint.post("/users/<id:user_id>/spam/exempt")
@administered(ServerAct.SPAM_EXEMPT)
@accepts(ActRequest)
@document_response(SpamActResponse)
async def exempt_from_spam(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Never act on somebody because of the score. 200, or 400, 401, 403, 404, 409, 429."""
    done = await service.set_exempt(current_resources(), acting, user_id, data, is_exempt=True)
    return json_response(done)


@blueprint.post("/users/<id:user_id>/spam/unexempt")
@administered(ServerAct.SPAM_UNEXEMPT)
@accepts(ActRequest)
@document_response(SpamActResponse)
async def unexempt_from_spam(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Judge somebody as anybody else again. 200, or 400, 401, 403, 404, 409, 429."""
    done = await service.set_exempt(current_resources(), acting, user_id, data, is_exempt=False)
    return json_response(done)
