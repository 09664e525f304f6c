"""What the server has told somebody."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import MAX_PAGE_SIZE, Shape, Timestamp


class NoticeResponse(Shape):
    """`read_at` null: not read yet."""

    id: UUID
    kind: Literal["warning", "restriction", "report_outcome"]
    detail: str
    created_at: Timestamp
    read_at: Timestamp | None


class NoticesQuery(Shape):
    unread: bool = Field(False, description="Only those not read yet.")
    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    before: UUID | None = Field(None, description="The last id of the page before.")


class NoticeListResponse(Shape):
    """The newest first. `next_before` is null on the last page."""

    notices: list[NoticeResponse]
    next_before: UUID | None


class NoticesRead(Shape):
    """Everything up to and with `up_to`; null: everything. So what came since one looked stays."""

    up_to: UUID | None = None


class NoticesReadResponse(Shape):
    """How many had not been read before."""

    marked: int
