"""Reports: what somebody says that somebody has done, as they say it and are told of it."""

from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from fynix_server.protocol.fields import MAX_PAGE_SIZE, Description, Shape, Timestamp

ReportReason = Literal["spam", "harassment", "threat", "illegal", "other"]
CaseStatus = Literal["open", "assigned", "actioned", "dismissed"]


def _given(name: str) -> JsonDict:
    """JSON Schema of "this one is there, and is not null"."""
    return {"required": [name], "properties": {name: {"type": "string"}}}


class ReportCreate(Shape):
    """A message, or a person, and why. `conversation_id`: the one it is about; of a message it
    is known anyway, and must then be its own."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_given("message_id"), _given("user_id")]}
    )

    message_id: UUID | None = None
    user_id: UUID | None = None
    conversation_id: UUID | None = None
    reason: ReportReason
    comment: Description | None = None

    @model_validator(mode="after")
    def _is_about_one(self) -> Self:
        if (self.message_id is None) == (self.user_id is None):
            raise ValueError("give message_id or user_id, and only one of them")
        return self


class ReportResponse(Shape):
    """A report as whoever made it sees it. `user_id`: whom it is about. `outcome`: what they are
    told; null until it is closed."""

    id: UUID
    user_id: UUID
    message_id: UUID | None
    conversation_id: UUID | None
    reason: ReportReason
    comment: str | None
    status: CaseStatus
    outcome: str | None
    created_at: Timestamp
    closed_at: Timestamp | None


class ReportsQuery(Shape):
    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    before: UUID | None = Field(None, description="The last id of the page before.")


class ReportListResponse(Shape):
    """The newest first. `next_before` is null on the last page."""

    reports: list[ReportResponse]
    next_before: UUID | None
