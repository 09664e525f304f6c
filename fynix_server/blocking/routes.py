"""The REST endpoints of blocking: /api/blocks."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.auth import Principal, authenticated
from fynix_server.blocking import service
from fynix_server.http import current_resources, json_response, no_content
from fynix_server.protocol.blocks import BlockListResponse, BlockResponse, BlocksQuery

blueprint = Blueprint("blocking", __name__, url_prefix="/api/blocks")


@blueprint.get("")
@authenticated()
@validate_querystring(BlocksQuery)
@document_response(BlockListResponse)
async def list_blocks(principal: Principal, query_args: BlocksQuery) -> Response:
    """Whom one has blocked, by username. 200, or 400, 401, 429."""
    return json_response(await service.list_blocks(current_resources(), principal, query_args))


@blueprint.put("/<id:user_id>")
@authenticated()
@document_response(BlockResponse, 200)
@document_response(BlockResponse, 201)
async def block_user(principal: Principal, user_id: UUID) -> Response:
    """Want nothing more from somebody, who is not told. 201 or 200; 400, 401, 404, 409, 429."""
    made, is_new = await service.block(current_resources(), principal, user_id)
    return json_response(made, 201 if is_new else 200)


@blueprint.delete("/<id:user_id>")
@authenticated()
async def unblock_user(principal: Principal, user_id: UUID) -> Response:
    """Take a block back; nothing from the meantime is delivered. 204, or 400, 401, 404, 429."""
    await service.unblock(current_resources(), principal, user_id)
    return no_content()
