"""Messages: sending, reading, marking as read."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import (
    MAX_PAGE_SIZE,
    ClientMessageId,
    Content,
    Shape,
    Timestamp,
)

ClientContentType = Literal["text", "image", "file"]
ContentType = Literal["text", "image", "file", "system"]


class MessageCreate(Shape):
    """A message to send. The same `client_message_id` again is the same message, not another."""

    content: Content
    content_type: ClientContentType = "text"
    client_message_id: ClientMessageId | None = None


class MessageUpdate(Shape):
    content: Content


class MessageResponse(Shape):
    """A message as one reader sees it.

    `is_read`: of a message you sent, someone else has read it; of one you received, you have.
    `read_by`: who has read it, without its sender, at most 100 of them.
    `is_held`: it is yours, and a moderator looks at it before others see it.
    `is_from_blocked`: you have blocked its sender.
    """

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    sender_username: str
    content: str
    content_type: ContentType
    created_at: Timestamp
    edited_at: Timestamp | None = None
    client_message_id: str | None = None
    is_read: bool = False
    read_by: list[UUID] = Field(default_factory=list)
    is_held: bool = False
    is_from_blocked: bool = False


class MessagesQuery(Shape):
    """`page`/`page_size` count from the newest; `before_seq`/`after_seq` do not shift while
    messages arrive, and cost the same at any depth."""

    page: int = Field(1, ge=1)
    page_size: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    before_seq: int | None = Field(None, ge=0, le=2**62, description="Only older, newest first.")
    after_seq: int | None = Field(None, ge=0, le=2**62, description="Only newer, oldest first.")
    limit: int | None = Field(None, ge=1, le=MAX_PAGE_SIZE, description="Counts over page_size.")


class MessagesListResponse(Shape):
    messages: list[MessageResponse]
    total: int
    page: int
    page_size: int
    has_next: bool
    conversation_id: UUID


class MarkRead(Shape):
    message_id: UUID


class MarkReadResponse(Shape):
    """Where the marker stands now; it never moves back."""

    conversation_id: UUID
    message_id: UUID
    read_at: Timestamp
    unread_count: int
