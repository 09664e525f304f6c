"""The audit log as those may read it who keep an eye on moderators."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from fynix_server.protocol.fields import Moment, Shape, Timestamp

MAX_ENTRIES = 500
LARGEST_SEQ = 2**62
_Sequence = Annotated[int, Field(ge=0, le=LARGEST_SEQ)]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    return text


_Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]


class AuditEntryLine(Shape):
    """An entry with all that its hash is made of: a line of an export.

    `details` is the text that `details_digest` covers: JSON with `before`, `after` and `reason`.
    Null, as `details_salt` then is: erased, since it was about an erased person.
    """

    seq: int
    at: Timestamp
    actor_kind: str
    actor_id: str
    action: str
    outcome: str
    target_kind: str | None
    target_id: str | None
    request_id: UUID | None
    details: str | None
    details_salt: str | None
    details_digest: str
    previous_hash: str
    hash: str


class AuditEntryResponse(AuditEntryLine):
    """`actor_name`, `target_name`: as they are called now; null: erased, or no person."""

    actor_name: str | None
    target_name: str | None


class AuditMark(Shape):
    """Where the log ends: its last number and that entry's hash. 0: nothing was written yet."""

    seq: int
    hash: str


class AuditListResponse(Shape):
    """`head`: where the log ended as these were read."""

    entries: list[AuditEntryResponse]
    has_more: bool
    head: AuditMark


class AuditQuery(Shape):
    actor: _Name | None = Field(None, description="A user's id, or NAME@MACHINE.")
    target: _Name | None = Field(None, description="The id of what was acted on.")
    action: _Name | None = Field(None, description="Such as user.ban.")
    outcome: Literal["done", "refused"] | None = None
    since: Moment | None = None
    until: Moment | None = Field(None, description="Before this moment.")
    before_seq: _Sequence | None = Field(None, description="Only older ones, newest first.")
    after_seq: _Sequence | None = Field(None, description="Only newer ones, oldest first.")
    limit: int = Field(50, ge=1, le=MAX_ENTRIES)

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.before_seq is not None and self.after_seq is not None:
            raise ValueError("give before_seq or after_seq, not both")
        return self
