"""What moderators are told of the spam score."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp

SpamMode = Literal["off", "observe", "act"]
SpamMeasure = Literal["none", "slow_mode", "hold", "suspend"]
SpamWithheld = Literal["exempt", "has_role", "in_force", "let_off", "observing", "off"]


class SpamSignal(Shape):
    """What of somebody's conduct the score looks at: in numbers and in words, never in theirs.

    `points`: what it adds to the score, `most_points` at most.
    """

    signal: str
    value: int
    points: int
    most_points: int
    text: str


class SpamAssessmentResponse(Shape):
    """What the score last said of somebody. `assessed_at` null: it has said nothing yet.

    `measure`: what it called for; `withheld`: why that was not done, null where it was.
    """

    user_id: UUID
    username: str
    score: int
    measure: SpamMeasure
    withheld: SpamWithheld | None
    reasons: list[SpamSignal]
    assessed_at: Timestamp | None
    is_exempt: bool


class SpamExplanationResponse(Shape):
    """The score of somebody as of now. `measure` and `withheld` say what would come of it.

    `from_score`: where each measure begins. `last`: what was said before; null: nothing.
    """

    user_id: UUID
    username: str
    mode: SpamMode
    score: int
    measure: SpamMeasure
    withheld: SpamWithheld | None
    is_exempt: bool
    signals: list[SpamSignal]
    from_score: dict[str, int]
    last: SpamAssessmentResponse | None


class SpamListQuery(Shape):
    measure: SpamMeasure | None = None
    exempt: bool = Field(False, description="Only those who are exempt, of any score.")
    limit: int = Field(50, ge=1, le=100)
    after: str | None = Field(
        None, max_length=40, description="The `next_after` of the page before."
    )


class SpamListResponse(Shape):
    """The highest scores first. `next_after` is null on the last page."""

    people: list[SpamAssessmentResponse]
    next_after: str | None


class SpamActResponse(Shape):
    """What has come of an act. `done`: the measure that was taken. `audit_seq`: its number in the
    audit log; null in a dry run, which leaves none."""

    action: str
    dry_run: bool
    audit_seq: int | None
    done: SpamMeasure
    assessment: SpamAssessmentResponse
