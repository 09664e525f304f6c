"""The one shape of every refusal over REST."""

from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp


class FieldProblem(Shape):
    """A field of the request that could not be taken."""

    field: str = Field(description="Where it is: `body.content`, `query.page`, `path.message_id`.")
    detail: str


class ErrorResponse(Shape):
    """Every 4xx and 5xx answer. `detail` is for people and may change; `code` is stable."""

    detail: str
    status_code: int
    timestamp: Timestamp
    code: str
    request_id: UUID
    errors: list[FieldProblem] | None = None
