"""Registering, logging in, sessions and people."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from fynix_server.protocol.fields import (
    AvatarUrl,
    DisplayName,
    Password,
    Shape,
    Timestamp,
    Username,
)

Role = Literal["user", "moderator", "admin"]


class RegisterRequest(Shape):
    username: Username
    password: Password
    display_name: DisplayName | None = None


class LoginRequest(Shape):
    # Looser than RegisterRequest on purpose: a name or password that could not exist is simply
    # a wrong one (401), so that the answer says nothing about the rules or about who exists.
    username: str = Field(min_length=1, max_length=128)
    password: str = Field(min_length=1, max_length=128)


class RefreshRequest(Shape):
    refresh_token: str = Field(min_length=1, max_length=200)


class UserResponse(Shape):
    """A person as others see them."""

    id: UUID
    username: str
    display_name: str
    avatar_url: str | None
    created_at: Timestamp


class OwnUserResponse(UserResponse):
    """A person as they see themselves.

    `accepts_new_dms`: whether somebody new may begin a direct conversation with them.
    """

    role: Role
    accepts_new_dms: bool = True


class TokenResponse(Shape):
    """What register, login and refresh answer. `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int
    refresh_token: str
    user: OwnUserResponse


def _never_null(schema: dict[str, Any]) -> None:
    text = schema.pop("anyOf")[0]
    del schema["default"]
    schema.update(text)


class UserUpdate(Shape):
    """What a person may change about themselves; what is left out stays."""

    # Null is refused, unlike the picture's, which removes it: so the docs must not offer it.
    display_name: DisplayName | None = Field(None, json_schema_extra=_never_null)
    avatar_url: AvatarUrl | None = None
    accepts_new_dms: StrictBool | None = Field(None, json_schema_extra=_never_null)


class UserListQuery(Shape):
    q: str | None = Field(None, max_length=32, description="Start of a username.")
    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(
        None, max_length=32, description="The last username of the page before."
    )


class UserListResponse(Shape):
    """By username. `next_after` is null on the last page."""

    users: list[UserResponse]
    next_after: str | None


class SessionResponse(Shape):
    """A login that still holds. `is_current`: the one that asked."""

    id: UUID
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    user_agent: str | None
    is_current: bool


class SessionListResponse(Shape):
    sessions: list[SessionResponse]


class TicketResponse(Shape):
    """A single-use key to open one WebSocket. `expires_in` is in seconds."""

    ticket: str
    expires_in: int
