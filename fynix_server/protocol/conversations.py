"""Conversations: two people, or a group."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import (
    MAX_PAGE_SIZE,
    Description,
    DisplayName,
    Shape,
    Timestamp,
)
from fynix_server.protocol.messages import MessageResponse

MAX_GROUP_PARTICIPANTS = 1000
ParticipantRole = Literal["owner", "admin", "member"]


class ConversationCreate(Shape):
    """A new group. Its creator is its owner and need not be named among the participants."""

    name: DisplayName
    description: Description | None = None
    participant_ids: list[UUID] = Field(default_factory=list, max_length=MAX_GROUP_PARTICIPANTS - 1)


class ConversationUpdate(Shape):
    """What to change of a group; what is left out stays. An empty description removes it."""

    name: DisplayName | None = None
    description: Description | None = None


class ParticipantAdd(Shape):
    user_id: UUID


class ParticipantUpdate(Shape):
    """Somebody's new role. `owner`: they get the group, and whoever had it becomes an admin."""

    role: ParticipantRole


class DryRunQuery(Shape):
    dry_run: bool = Field(False, description="Answer as if it were done, and change nothing.")


class ParticipantResponse(Shape):
    user_id: UUID
    username: str
    display_name: str
    avatar_url: str | None
    joined_at: Timestamp
    is_active: bool
    role: ParticipantRole
    last_read_message_id: UUID | None


class ConversationResponse(Shape):
    """`is_frozen`: moderators let nobody write in it."""

    id: UUID
    is_group: bool
    name: str | None
    description: str | None
    created_at: Timestamp
    updated_at: Timestamp
    last_message_at: Timestamp | None
    last_seq: int
    is_frozen: bool = False
    participants: list[ParticipantResponse]
    last_message: MessageResponse | None
    unread_count: int


class ConversationsQuery(Shape):
    page: int = Field(1, ge=1)
    page_size: int = Field(20, ge=1, le=MAX_PAGE_SIZE)


class ConversationListResponse(Shape):
    conversations: list[ConversationResponse]
    total: int
    page: int
    page_size: int
    has_next: bool


class EventsQuery(Shape):
    after_seq: int = Field(0, ge=0, le=2**62)
    limit: int = Field(100, ge=1, le=300)


class EventsResponse(Shape):
    """The frames that a live client saw, oldest first. `next_seq`: the next `after_seq`."""

    events: list[dict[str, Any]]
    next_seq: int
    has_more: bool
