"""What moderators ask for, and what they are told."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from fynix_server.protocol.accounts import Role
from fynix_server.protocol.fields import Reason, Shape, Timestamp

MAX_SECONDS = 10 * 366 * 24 * 3600
Status = Literal["active", "suspended", "banned", "erased"]


Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]


class ActRequest(Shape):
    """Any act. `dry_run`: tell what it would do, and change nothing."""

    reason: Reason
    dry_run: StrictBool = False


class TimedActRequest(ActRequest):
    """`seconds`: for how long. Null: until it is lifted."""

    seconds: Seconds | None = None


class SuspendRequest(ActRequest):
    seconds: Seconds


class WarnRequest(ActRequest):
    """`text` is what they are told."""

    text: Reason


class RoleRequest(ActRequest):
    role: Role


class RestrictionResponse(Shape):
    """`until` null: until it is lifted."""

    kind: Literal["muted", "shadow_limited", "held"]
    until: Timestamp | None


class ModeratedUserResponse(Shape):
    """A person as moderators see them."""

    id: UUID
    username: str
    display_name: str
    role: Role
    status: Status
    status_until: Timestamp | None
    created_at: Timestamp
    restrictions: list[RestrictionResponse]


class ModeratedUserDetails(ModeratedUserResponse):
    """With what others said of them. `logins`: sessions that hold."""

    open_reports: int
    blocks_received: int
    logins: int


class ModeratedUsersQuery(Shape):
    q: str | None = Field(None, max_length=32, description="Start of a username.")
    role: Role | None = None
    status: Status | None = None
    limit: int = Field(50, ge=1, le=100)
    after: str | None = Field(
        None, max_length=32, description="The last username of the page before."
    )


class ModeratedUserListResponse(Shape):
    """By username. `next_after` is null on the last page."""

    users: list[ModeratedUserResponse]
    next_after: str | None


class UserActResponse(Shape):
    """What an act on a person has made of them. `audit_seq`: its number in the audit log; null
    in a dry run, which leaves none."""

    action: str
    dry_run: bool
    audit_seq: int | None
    user: ModeratedUserResponse
