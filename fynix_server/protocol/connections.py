"""Open connections of people on all instances, as moderators see and close them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest

Protocol = Literal["fynix.v1", "plain"]


class ConnectionsQuery(Shape):
    user_id: UUID | None = Field(None, description="Only theirs.")
    limit: int = Field(100, ge=1, le=500)
    after: UUID | None = Field(None, description="The last id of the page before.")


class ConnectionResponse(Shape):
    """An open socket. `username` null: the account is gone. `protocol`: as it was asked for when
    the socket was opened. `queued_frames`: what waits for a slow reader."""

    id: UUID
    user_id: UUID
    username: str | None
    session_id: UUID
    instance: str
    opened_at: Timestamp
    protocol: Protocol
    queued_frames: int


class InstanceResponse(Shape):
    """A process that serves. `heard_at`: when it last told Redis that it lives. `connections`: how
    many of those asked for it has; null where it has not answered."""

    instance: str
    heard_at: Timestamp
    has_answered: bool
    connections: int | None


class ConnectionListResponse(Shape):
    """The longest open first. `next_after` is null on the last page. `is_complete` false: an
    instance has not answered, or which there are is not known, since Redis is away."""

    connections: list[ConnectionResponse]
    next_after: UUID | None
    is_complete: bool
    instances: list[InstanceResponse]


class ConnectionKickRequest(ActRequest):
    """`connection_id` null: all of theirs. It must be said."""

    connection_id: UUID | None


class ConnectionsKickedResponse(Shape):
    """`kicked`: how many were open as it was asked; those opened meanwhile are closed as well.
    `is_complete` as in the list. `audit_seq`: null in a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    user_id: UUID
    kicked: int
    is_complete: bool
    instances: list[InstanceResponse]
