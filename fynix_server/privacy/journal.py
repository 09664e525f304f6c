"""The journal of erasures: what to do again after a backup from before them was restored."""

from fynix_server.privacy import queries
from fynix_server.protocol.privacy import (
    ErasureCertificate,
    ErasureListResponse,
    ErasureResponse,
    ErasuresQuery,
)
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def list_erasures(resources: Resources, wanted: ErasuresQuery) -> ErasureListResponse:
    """A page of it, in the order in which they were begun."""
    async with resources.database.read() as connection:
        found = await queries.erasures_after(connection, wanted.after, wanted.limit + 1)
    page = found[: wanted.limit]
    return ErasureListResponse(
        erasures=[_response(row) for row in page],
        next_after=page[-1].id if len(found) > len(page) else None,
    )


def _response(row: AnyRow) -> ErasureResponse:
    certificate = None
    if row.certificate is not None:
        certificate = ErasureCertificate.model_validate_json(row.certificate)
    return ErasureResponse(
        id=row.id,
        user_id=row.user_id,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        certificate=certificate,
    )
