"""The queue of messages that a moderator looks at before others see them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.filtering import RuleName
from fynix_server.protocol.messages import ContentType
from fynix_server.protocol.moderation import ActRequest

MAX_REVIEWED = 50
"""In one request: what one reason, and one entry in the audit log, is given for."""

HeldCause = Literal["filter", "restriction"]
HeldStatus = Literal["waiting", "released", "rejected", "withdrawn"]


class HeldMessageResponse(Shape):
    """A held message, without its text. `rules`: of the content filter, that had it held; none
    where it is its sender who is held. `released_as`: the message that everybody sees since."""

    message_id: UUID
    conversation_id: UUID
    sender_id: UUID
    sender_username: str
    cause: HeldCause
    rules: list[str]
    status: HeldStatus
    created_at: Timestamp
    decided_at: Timestamp | None
    released_as: UUID | None


class HeldTextResponse(HeldMessageResponse):
    """With what it says; null in a dry run."""

    content_type: ContentType
    content: str | None


class HeldQuery(Shape):
    status: HeldStatus = "waiting"
    sender_id: UUID | None = None
    rule: RuleName | None = Field(None, description="Name of a rule that had it held.")
    limit: int = Field(50, ge=1, le=100)
    after: UUID | None = Field(None, description="`next_after` of the page before.")


class HeldListResponse(Shape):
    """Oldest first. `next_after` is null on the last page; a page before it may be short."""

    held: list[HeldMessageResponse]
    next_after: UUID | None


class HeldReviewRequest(ActRequest):
    """Which texts to show: those of `message_ids`, or a page of those that wait."""

    message_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_REVIEWED)] | None = None
    sender_id: UUID | None = None
    rule: RuleName | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_REVIEWED)] = 20
    after: UUID | None = None


class HeldReviewResponse(Shape):
    """Texts, oldest first. `next_after` is null on the last page; a page before it may be short."""

    action: str
    dry_run: bool
    audit_seq: int | None
    held: list[HeldTextResponse]
    next_after: UUID | None


class HeldActResponse(Shape):
    """What a decision has made of a held message. `audit_seq`: its number in the audit log; null
    in a dry run, which leaves none."""

    action: str
    dry_run: bool
    audit_seq: int | None
    held: HeldMessageResponse
