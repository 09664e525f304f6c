"""Blocking people."""

from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import MAX_PAGE_SIZE, Shape, Timestamp

MAX_BLOCKS = 10_000


class BlockResponse(Shape):
    """Somebody whom you have blocked."""

    user_id: UUID
    username: str
    display_name: str
    blocked_at: Timestamp


class BlocksQuery(Shape):
    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    after: str | None = Field(
        None, max_length=32, description="The last username of the page before."
    )


class BlockListResponse(Shape):
    """By username. `next_after` is null on the last page."""

    blocks: list[BlockResponse]
    next_after: str | None
