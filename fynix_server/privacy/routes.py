"""The REST endpoints of privacy: exports and erasures."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from fynix_server.administered import Acting, administered
from fynix_server.auth import Principal, authenticated
from fynix_server.http import accepts, current_resources, json_response
from fynix_server.permissions import ServerAct
from fynix_server.privacy import erasing, exporting, journal
from fynix_server.privacy.archive import ArchiveStream
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.privacy import (
    EraseRequest,
    EraseResponse,
    ErasureListResponse,
    ErasuresQuery,
    ExportPlanResponse,
)

blueprint = Blueprint("privacy", __name__, url_prefix="/api")


@blueprint.get("/users/me/export")
@authenticated("export")
async def export_own_data(principal: Principal) -> Response:
    """Everything of one's own, as a ZIP of JSON lines. 200, or 401, 404, 429."""
    return _streamed(await exporting.export_own(current_resources(), principal))


@blueprint.post("/admin/users/<id:user_id>/export")
@administered(ServerAct.USER_EXPORT)
@accepts(ActRequest)
@document_response(ExportPlanResponse)
async def export_person(acting: Acting, user_id: UUID, data: ActRequest) -> Response:
    """Everything of somebody, as a ZIP of JSON lines; of a dry run what there is.

    200, or 400, 401, 403, 404, 429.
    """
    export = await exporting.export_person(current_resources(), acting, user_id, data)
    return json_response(export) if isinstance(export, ExportPlanResponse) else _streamed(export)


@blueprint.post("/admin/users/<id:user_id>/erase")
@administered(ServerAct.USER_ERASE)
@accepts(EraseRequest)
@document_response(EraseResponse)
async def erase_person(acting: Acting, user_id: UUID, data: EraseRequest) -> Response:
    """Erase somebody, for a few seconds; ask again until it is finished.

    200, or 400, 401, 403, 404, 409, 429.
    """
    return json_response(await erasing.erase_person(current_resources(), acting, user_id, data))


@blueprint.get("/admin/erasures")
@administered(ServerAct.USER_ERASE)
@validate_querystring(ErasuresQuery)
@document_response(ErasureListResponse)
async def list_erasures(acting: Acting, query_args: ErasuresQuery) -> Response:
    """The journal of erasures, oldest first. 200, or 400, 401, 403, 429."""
    return json_response(await journal.list_erasures(current_resources(), query_args))


def _streamed(archive: ArchiveStream) -> Response:
    response = Response(
        archive.chunks(),
        200,
        headers={"Content-Disposition": f'attachment; filename="{archive.file_name}"'},
        content_type="application/zip",
    )
    response.timeout = None  # a large one takes as long as its reader does
    return response
