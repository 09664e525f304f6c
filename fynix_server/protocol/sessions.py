"""Logins of other people, as moderators see them and admins end them."""

from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest


class UserSessionsQuery(Shape):
    limit: int = Field(50, ge=1, le=100)
    after: UUID | None = Field(None, description="The last id of the page before.")


class UserSessionResponse(Shape):
    """A login that still holds. `user_agent`: what its program calls itself."""

    id: UUID
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    user_agent: str | None


class UserSessionListResponse(Shape):
    """The latest begun first. `next_after` is null on the last page."""

    user_id: UUID
    username: str
    sessions: list[UserSessionResponse]
    next_after: UUID | None


class SessionRevokeRequest(ActRequest):
    """`session_id` null: all of them. It must be said."""

    session_id: UUID | None


class SessionsRevokedResponse(Shape):
    """`revoked`: how many logins have ended. `audit_seq`: null in a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    user_id: UUID
    revoked: int
