"""What is done about a score, for how long, and when nothing is. No database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fynix_server.protocol.spam import SpamMode
from fynix_server.settings import RateLimit
from fynix_server.spam.score import Measure

LASTS: dict[Measure, timedelta] = {
    Measure.SLOW_MODE: timedelta(hours=6),
    Measure.HOLD: timedelta(days=3),
    Measure.SUSPEND: timedelta(days=7),
}
SLOW_LIMIT = RateLimit("5/300")
"""Messages in slow mode: enough to go on with a talk, too few to write to strangers."""
LET_OFF_SPAN = timedelta(days=7)
"""So long after a moderator ended a measure it is not taken again, nor is a milder one. By then
what they did has left the signals."""
LETS_OFF: dict[str, Measure] = {
    "user.unsuspend": Measure.SUSPEND,
    "user.unban": Measure.SUSPEND,
    "user.unhold": Measure.HOLD,
    "limits.set": Measure.SLOW_MODE,
    "limits.exempt": Measure.SLOW_MODE,
}
"""Acts in the audit log by which a moderator says that a measure was not right."""


class Withheld(StrEnum):
    """Why nothing is done although the score calls for it."""

    EXEMPT = "exempt"
    HAS_ROLE = "has_role"
    IN_FORCE = "in_force"
    LET_OFF = "let_off"
    OBSERVING = "observing"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides beside the score. `in_force`: the strictest measure that stands, whoever set
    it; `let_off`: the strictest that a moderator has ended lately."""

    role: str
    is_exempt: bool = False
    in_force: Measure = Measure.NONE
    let_off: Measure = Measure.NONE


def withheld(measure: Measure, standing: Standing, mode: SpamMode) -> Withheld | None:
    """Why `measure` is not taken. None: it is, or there is none to take."""
    if measure is Measure.NONE:
        return None
    reasons = {
        Withheld.EXEMPT: standing.is_exempt,
        Withheld.HAS_ROLE: standing.role != "user",
        Withheld.IN_FORCE: is_at_least(standing.in_force, measure),
        Withheld.LET_OFF: is_at_least(standing.let_off, measure),
        Withheld.OBSERVING: mode == "observe",
        Withheld.OFF: mode == "off",
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def is_at_least(one: Measure, other: Measure) -> bool:
    """Whether the one is as strict as the other."""
    return _STRICTNESS[one] >= _STRICTNESS[other]


def strictest(measures: set[Measure]) -> Measure:
    return max(measures, key=_STRICTNESS.__getitem__, default=Measure.NONE)


_STRICTNESS = {measure: rank for rank, measure in enumerate(Measure)}


def slow_limit(usual: RateLimit) -> RateLimit:
    """The limit in slow mode: never a looser one than everybody has."""
    return min(SLOW_LIMIT, usual, key=lambda it: it.max_count / it.window_seconds)


def end_of(measure: Measure, now: datetime) -> datetime:
    return now + LASTS[measure]
