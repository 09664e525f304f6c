"""How much somebody's conduct looks like spam, why, and what may be done about it."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from fynix_server.spam.rules import RULES, Evidence
from fynix_server.spam.signals import Signals

SLOW_MODE_FROM = 35
HOLD_FROM = 50
SUSPEND_FROM = 65
_OTHER_EVIDENCE = 2
"""Kinds of evidence that a suspension needs besides complaints."""


class Measure(StrEnum):
    """What is done about a score, from the mildest on."""

    NONE = "none"
    SLOW_MODE = "slow_mode"
    HOLD = "hold"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Reason:
    """What one signal added. `text` says it in words, and quotes nobody."""

    signal: str
    value: int
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100: the sum of the points of `reasons`, those with the most points first."""

    total: int
    reasons: tuple[Reason, ...]


def score(signals: Signals) -> Score:
    """The score of these signals. It falls with no signal's getting worse."""
    reasons = [it for it in every_signal(signals) if it.points]
    return Score(sum(it.points for it in reasons), tuple(reasons))


def every_signal(signals: Signals) -> tuple[Reason, ...]:
    """What each signal adds to the score, also where that is nothing; the most points first."""
    found = (
        Reason(
            rule.signal,
            rule.value(signals),
            round(rule.weight * rule.strength(signals)),
            rule.text(signals),
        )
        for rule in RULES
    )
    return tuple(sorted(found, key=lambda it: -it.points))


def measure_for(scored: Score) -> Measure:
    """What the score calls for.

    A suspension also needs complaints, and two kinds of evidence besides: what people do by
    themselves leads to a hold at most (docs/decisions/0037-spam-score.md).
    """
    if scored.total >= SUSPEND_FROM and _is_proven(scored):
        return Measure.SUSPEND
    if scored.total >= HOLD_FROM:
        return Measure.HOLD
    return Measure.SLOW_MODE if scored.total >= SLOW_MODE_FROM else Measure.NONE


def _is_proven(scored: Score) -> bool:
    found = _strong_evidence(scored)
    others = found - {Evidence.COMPLAINTS, Evidence.NEWNESS}
    return Evidence.COMPLAINTS in found and len(others) >= _OTHER_EVIDENCE


def _strong_evidence(scored: Score) -> set[Evidence]:
    """Kinds of evidence that gave at least a third of the points that they can give."""
    given = {it.signal: it.points for it in scored.reasons}
    points: dict[Evidence, int] = defaultdict(int)
    weights: dict[Evidence, int] = defaultdict(int)
    for rule in RULES:
        points[rule.evidence] += given.get(rule.signal, 0)
        weights[rule.evidence] += rule.weight
    return {it for it, weight in weights.items() if points[it] * 3 >= weight}
