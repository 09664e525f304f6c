"""The REST endpoints of notices."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.auth import Principal, authenticated
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.notices import service
from fynix_server.protocol.notices import (
    NoticeListResponse,
    NoticeResponse,
    NoticesQuery,
    NoticesRead,
    NoticesReadResponse,
)

blueprint = Blueprint("notices", __name__, url_prefix="/api/notices")


@blueprint.get("")
@authenticated()
@validate_querystring(NoticesQuery)
@document_response(NoticeListResponse)
async def list_notices(principal: Principal, query_args: NoticesQuery) -> Response:
    """What the server has told one, the newest first. 200, or 400, 401, 429."""
    page = await service.list_notices(current_resources(), principal.user_id, query_args)
    return json_response(page)


@blueprint.post("/<id:notice_id>/read")
@authenticated()
@document_response(NoticeResponse)
async def read_notice(principal: Principal, notice_id: UUID) -> Response:
    """Mark a notice as read. 200, or 400, 401, 404, 429."""
    notice = await service.read_notice(current_resources(), principal.user_id, notice_id)
    return json_response(notice)


@blueprint.post("/read")
@authenticated()
@accepts(NoticesRead)
@document_response(NoticesReadResponse)
async def read_notices(principal: Principal, data: NoticesRead) -> Response:
    """Mark one's notices as read, up to one of them or all. 200, or 400, 401, 429."""
    marked = await service.read_notices(current_resources(), principal.user_id, data.up_to)
    return json_response(marked)
