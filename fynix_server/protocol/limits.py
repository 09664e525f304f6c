"""Rate limits of a person: as admins see them, set them, and have them forgotten."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest, TimedActRequest

MAX_COUNT = 100_000
"""Each one that is counted is remembered until it leaves the window."""
MAX_WINDOW_SECONDS = 24 * 3600

BucketName = Annotated[str, Field(min_length=1, max_length=32, examples=["messages"])]


class QuotaShape(Shape):
    """So many in any window of so many seconds."""

    max_count: int
    window_seconds: int


class OverrideResponse(Shape):
    """A limit of somebody's own. `set_by`: an id, or `name@machine`; `set_by_name` where it is
    somebody's id. `until` null: until it is cleared."""

    set_by: str
    set_by_name: str | None
    set_at: Timestamp
    until: Timestamp | None


class LimitResponse(Shape):
    """Where somebody stands in one bucket. `limit` null: they are exempt, and nothing is counted.
    `override` null: what holds for everybody. `used` may be more than the limit, where that was
    lowered. `frees_at`: when the next place becomes free; null where nothing is counted."""

    bucket: str
    limit: QuotaShape | None
    default: QuotaShape
    override: OverrideResponse | None
    used: int
    remaining: int | None
    frees_at: Timestamp | None


class UserLimitsResponse(Shape):
    """Every bucket. `is_on` false: the server limits nobody. `is_counted_together` false: Redis is
    away, and `used` is what one instance has counted by itself."""

    user_id: UUID
    username: str
    is_on: bool
    is_counted_together: bool
    limits: list[LimitResponse]


class LimitSetRequest(TimedActRequest):
    bucket: BucketName
    max_count: Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)]
    window_seconds: Annotated[StrictInt, Field(ge=1, le=MAX_WINDOW_SECONDS)]


class LimitExemptRequest(TimedActRequest):
    """`bucket` null: every bucket. It must be said."""

    bucket: BucketName | None


class LimitClearRequest(ActRequest):
    """`bucket` null: every bucket. It must be said."""

    bucket: BucketName | None


class LimitResetRequest(ActRequest):
    """`bucket` null: every bucket. It must be said."""

    bucket: BucketName | None


class LimitsActResponse(Shape):
    """What an act has made of somebody's limits. `audit_seq`: null in a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    limits: UserLimitsResponse


class LimitsResetResponse(Shape):
    """`forgotten`: how many were counted, by bucket. `is_everywhere` false: Redis is away, and
    what it has counted counts again once it is back."""

    action: str
    dry_run: bool
    audit_seq: int | None
    user_id: UUID
    forgotten: dict[str, int]
    is_everywhere: bool
