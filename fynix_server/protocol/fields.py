"""Field types that several shapes share, with the limits that the wire contract sets."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

MAX_CONTENT_CODE_POINTS = 2000
MAX_BODY_BYTES = 256 * 1024
MAX_FRAME_BYTES = 64 * 1024
MAX_PAGE_SIZE = 100
MAX_PAGE_DEPTH = 10_000
"""`page * page_size` past this is refused: an OFFSET reads every row it skips."""


class Shape(BaseModel):
    """A shape on the wire: immutable, and lenient to fields that a newer peer adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store U+0000 in text; refusing it keeps both databases alike.
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    return text


def _reckonable(moment: datetime) -> datetime:
    # Years at either end of what a datetime can hold have no UTC.
    if not 1970 <= moment.year <= 9000:
        raise ValueError("must lie between the years 1970 and 9000")
    return moment.astimezone(UTC)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be only white space")
    return text


WithoutNul = AfterValidator(_without_nul)

Timestamp = AwareDatetime
"""RFC 3339 in UTC with `Z`: what pydantic writes for an aware UTC datetime."""

Moment = Annotated[AwareDatetime, AfterValidator(_reckonable)]
"""A moment that a client names, with its offset."""

Content = Annotated[
    str,
    Field(min_length=1, max_length=MAX_CONTENT_CODE_POINTS),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
"""A message's text, 1 to 2000 code points, kept exactly as sent: no trimming, no normalising."""

ClientMessageId = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$", examples=["7f1c-1"]),
]
"""The sender's own key of a message: 1 to 64 visible ASCII characters, unique per conversation."""

Username = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=3, max_length=32, pattern=r"^[a-zA-Z0-9_.\-]+$"),
]
"""3 to 32 of `[a-z0-9_.-]`; capitals are folded, so names are unique regardless of case."""

Password = Annotated[str, Field(min_length=8, max_length=128), AfterValidator(_without_nul)]
DisplayName = Annotated[
    str,
    Field(min_length=1, max_length=100),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
Description = Annotated[str, Field(max_length=2000), AfterValidator(_without_nul)]
Reason = Annotated[
    str,
    Field(min_length=1, max_length=500),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
"""Why: for the audit log, and for whoever looks at it later."""
AvatarUrl = Annotated[
    str,
    Field(
        max_length=2000,
        pattern=r"^https?://[^\s\x00]+$",
        examples=["https://example.com/a.png"],
    ),
]


def rfc3339(moment: datetime) -> str:
    """`moment` (aware, UTC) as the wire shows it, for frames that are built without pydantic."""
    return moment.isoformat().replace("+00:00", "Z")
