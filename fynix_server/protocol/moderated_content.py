"""What moderators do to messages and conversations, and what they are told."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from fynix_server.protocol.fields import MAX_PAGE_SIZE, Moment, Shape, Timestamp
from fynix_server.protocol.messages import ContentType
from fynix_server.protocol.moderation import ActRequest, Seconds


class MessageActResponse(Shape):
    """What an act on a message has made of it; never its text. `audit_seq` null: a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    conversation_id: UUID
    message_id: UUID
    seq: int
    sender_id: UUID
    sender_username: str
    is_deleted: bool


class ConversationActResponse(Shape):
    """What an act on a conversation has made of it. `audit_seq` null: a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    conversation_id: UUID
    is_group: bool
    is_frozen: bool


class PurgePlace(Shape):
    """How far a purge has come: behind this message of this conversation."""

    conversation_id: UUID
    created_at: Moment
    seq: int = Field(ge=0, le=2**62)


class PurgeRequest(ActRequest):
    """Which messages to remove: those since a moment, given as one of the two.

    `after`: go on from there, the `next` of the answer before, of which `since` is then to be
    named too, so that the cut-off stays where it was.
    """

    since_seconds: Seconds | None = None
    since: Moment | None = None
    after: PurgePlace | None = None

    @model_validator(mode="after")
    def _one_cut_off(self) -> Self:
        if (self.since_seconds is None) == (self.since is None):
            raise ValueError("give since_seconds or since, one of the two")
        return self


class PurgedConversation(Shape):
    conversation_id: UUID
    count: int


class PurgeResponse(Shape):
    """What this request removed, by conversation. `next` null: nothing is left.

    `audit_seqs`: its entries in the audit log, one for each transaction; none in a dry run.
    """

    action: str
    dry_run: bool
    user_id: UUID
    since: Timestamp
    count: int
    conversations: list[PurgedConversation]
    audit_seqs: list[int]
    next: PurgePlace | None


class ReviewRequest(ActRequest):
    """Which messages to read, newest first. `dry_run`: only tell which they would be."""

    case_id: UUID | None = None
    before_seq: int | None = Field(None, ge=0, le=2**62)
    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE)


class ReviewedMessage(Shape):
    """A message as moderators see it, deleted or not.

    `hidden_because`: only its sender sees it, since it is `held` or they are in the `shadow`.
    """

    id: UUID
    seq: int
    sender_id: UUID
    sender_username: str
    content: str
    content_type: ContentType
    created_at: Timestamp
    edited_at: Timestamp | None
    is_deleted: bool
    deleted_by: UUID | None
    hidden_because: str | None


class ReviewResponse(Shape):
    """A page, newest first; `count` of them from `last_seq` down to `first_seq`.

    A dry run shows no messages: reading leaves a trace, always.
    """

    dry_run: bool
    audit_seq: int | None
    conversation_id: UUID
    count: int
    first_seq: int | None
    last_seq: int | None
    has_more: bool
    messages: list[ReviewedMessage]
