"""Looking at one's notices, and marking them as read."""

from uuid import UUID

from fynix_server.errors import NotFound
from fynix_server.notices import queries
from fynix_server.protocol.notices import (
    NoticeListResponse,
    NoticeResponse,
    NoticesQuery,
    NoticesReadResponse,
)
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def list_notices(
    resources: Resources, user_id: UUID, wanted: NoticesQuery
) -> NoticeListResponse:
    """A page of somebody's notices, the newest first."""
    async with resources.database.read() as connection:
        rows = await queries.notices_of(
            connection,
            user_id,
            is_unread=wanted.unread,
            before=wanted.before,
            limit=wanted.limit + 1,
        )
    page = [_response(row) for row in rows[: wanted.limit]]
    return NoticeListResponse(
        notices=page, next_before=page[-1].id if len(rows) > len(page) else None
    )


async def read_notice(resources: Resources, user_id: UUID, notice_id: UUID) -> NoticeResponse:
    """Mark one as read; a second time changes nothing. Raises: NotFound (also another's)."""
    now = resources.clock()
    async with resources.database.write() as connection:
        await queries.mark_read(connection, user_id, notice_id, now)
        row = await queries.find_notice(connection, user_id, notice_id)
    if row is None:
        raise NotFound("You have no such notice.", code="notice_not_found")
    return _response(row)


async def read_notices(
    resources: Resources, user_id: UUID, up_to: UUID | None
) -> NoticesReadResponse:
    """Mark all as read up to and with `up_to`; None: all there are."""
    now = resources.clock()
    async with resources.database.write() as connection:
        marked = await queries.mark_read_up_to(connection, user_id, up_to, now)
    return NoticesReadResponse(marked=marked)


def _response(row: AnyRow) -> NoticeResponse:
    return NoticeResponse(
        id=row.id,
        kind=row.kind,
        detail=row.detail,
        created_at=row.created_at,
        read_at=row.read_at,
    )
