"""What each signal weighs, and why: the whole of the judgement, in one table.

Why it is points, and why they are these: docs/decisions/0037-spam-score.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from fynix_server.spam.signals import Share, Signals

_HOUR_SECONDS = 3600
_DAY_SECONDS = 24 * _HOUR_SECONDS


class Evidence(Enum):
    """What a signal is evidence of. Two of one kind prove no more than one of them does."""

    NEWNESS = auto()
    PACE = auto()
    TEXT = auto()
    LINKS = auto()
    SILENCE = auto()
    COMPLAINTS = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """How a field of Signals is judged. `strength`: from 0 to 1, the part of `weight` it gets."""

    signal: str
    weight: int
    evidence: Evidence
    strength: Callable[[Signals], float]
    value: Callable[[Signals], int]
    text: Callable[[Signals], str]
    why: str


def _climb(value: float, nothing_up_to: float, all_from: float) -> float:
    """0 up to the one, 1 from the other on, straight between."""
    return min(1.0, max(0.0, (value - nothing_up_to) / (all_from - nothing_up_to)))


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _age(seconds: float) -> str:
    if seconds < _HOUR_SECONDS:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * _DAY_SECONDS:
        return f"{int(seconds // _HOUR_SECONDS)} h"
    return f"{int(seconds // _DAY_SECONDS)} d"


def _unanswered(ratio: Share) -> int:
    return ratio.of - ratio.count


RULES: tuple[Rule, ...] = (
    Rule(
        "account_age_seconds",
        10,
        Evidence.NEWNESS,
        lambda it: 1 - _climb(it.account_age_seconds, _DAY_SECONDS, 7 * _DAY_SECONDS),
        lambda it: int(it.account_age_seconds),
        lambda it: f"made the account {_age(it.account_age_seconds)} ago",
        "Everybody is new once: it tips a balance that something else has moved.",
    ),
    Rule(
        "new_partners_last_hour",
        15,
        Evidence.PACE,
        lambda it: _climb(it.new_partners_last_hour, 5, 30),
        lambda it: it.new_partners_last_hour,
        lambda it: f"wrote first to {_people(it.new_partners_last_hour)} within the hour",
        "Spam needs strangers. A newcomer greets a handful; thirty an hour is work.",
    ),
    Rule(
        "sent_last_hour",
        5,
        Evidence.PACE,
        lambda it: _climb(it.sent_last_hour, 150, 450),
        lambda it: it.sent_last_hour,
        lambda it: f"sent {it.sent_last_hour} messages within the hour",
        "Bots, support and lively people send much, too, so it says little.",
    ),
    Rule(
        "alike_recipients",
        15,
        Evidence.TEXT,
        lambda it: _climb(it.alike_recipients, 5, 30),
        lambda it: it.alike_recipients,
        lambda it: f"sent nearly the same text to {_people(it.alike_recipients)} within 24 h",
        "The mark of spam, and of announcements: a dozen friends are a party.",
    ),
    Rule(
        "first_messages_with_links",
        10,
        Evidence.LINKS,
        lambda it: (
            _climb(it.first_messages_with_links.count, 2, 12) * it.first_messages_with_links.rate
        ),
        lambda it: it.first_messages_with_links.count,
        lambda it: (
            f"put a link into {it.first_messages_with_links.count} of"
            f" {it.first_messages_with_links.of} first messages within 7 d"
        ),
        "Most people begin with words. Invitations and notices have links, so it is not more.",
    ),
    Rule(
        "reply_ratio",
        15,
        Evidence.SILENCE,
        lambda it: (
            _climb(_unanswered(it.reply_ratio), 5, 20) * (1 - _climb(it.reply_ratio.rate, 0.1, 0.4))
        ),
        lambda it: it.reply_ratio.count,
        lambda it: (
            f"was answered by {it.reply_ratio.count} of {_people(it.reply_ratio.of)}"
            " to whom they wrote first within 7 d"
        ),
        "What nobody answers, nobody wanted. Who is answered by every third is somebody's friend.",
    ),
    Rule(
        "blocks_received",
        15,
        Evidence.COMPLAINTS,
        lambda it: _climb(it.blocks_received, 1, 8),
        lambda it: it.blocks_received,
        lambda it: f"was blocked by {_people(it.blocks_received)}",
        "Said by those who got it. One block is a quarrel.",
    ),
    Rule(
        "reports_received",
        15,
        Evidence.COMPLAINTS,
        lambda it: _climb(it.reports_received, 0, 6),
        lambda it: it.reports_received,
        lambda it: f"was reported by {_people(it.reports_received)}",
        "Takes more trouble than a block, so fewer weigh as much. With blocks under a third of"
        " all, so that a mob alone does nothing to anybody.",
    ),
)
