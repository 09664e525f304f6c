"""What each signal adds to the score, and how that is told."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given

from fynix_server.spam.rules import RULES
from fynix_server.spam.score import score
from fynix_server.spam.signals import Share, Signals
from tests.spam.some_signals import DAY_SECONDS, QUIET, WORST, some_signals

POINTS: dict[str, list[tuple[object, int]]] = {
    "account_age_seconds": [
        (0.0, 10),
        (DAY_SECONDS, 10),
        (4 * DAY_SECONDS, 5),
        (7 * DAY_SECONDS, 0),
    ],
    "new_partners_last_hour": [(5, 0), (15, 6), (30, 15), (300, 15)],
    "sent_last_hour": [(150, 0), (270, 2), (450, 5), (5000, 5)],
    "alike_recipients": [(5, 0), (15, 6), (30, 15), (300, 15)],
    "first_messages_with_links": [
        (Share(0, 0), 0),
        (Share(2, 2), 0),
        (Share(7, 7), 5),
        (Share(12, 12), 10),
        (Share(12, 24), 5),
        (Share(12, 300), 0),
    ],
    "reply_ratio": [
        (Share(0, 0), 0),
        (Share(0, 5), 0),
        (Share(0, 11), 6),
        (Share(0, 20), 15),
        (Share(10, 100), 15),
        (Share(20, 100), 10),
        (Share(40, 100), 0),
        (Share(90, 100), 0),
    ],
    "blocks_received": [(1, 0), (8, 15), (100, 15)],
    "reports_received": [(0, 0), (2, 5), (6, 15), (100, 15)],
}


@pytest.mark.parametrize("field", POINTS)
def test_the_points_of_a_signal_grow_from_nothing_to_all(field: str) -> None:
    for value, points in POINTS[field]:
        changes: dict[str, Any] = {field: value}
        assert score(replace(QUIET, **changes)).total == points, value


# ── the explanation ──────────────────────────────────────────────────────────────────────────


def test_every_signal_has_one_rule_and_all_rules_together_give_a_hundred() -> None:
    assert [it.signal for it in RULES] == [it.name for it in fields(Signals)]
    assert sum(it.weight for it in RULES) == 100
    assert all(it.why for it in RULES)
    assert score(WORST).total == 100


@given(signals=some_signals)
def test_the_total_is_the_sum_of_its_reasons_the_weightiest_first(signals: Signals) -> None:
    scored = score(signals)
    points = [it.points for it in scored.reasons]

    assert scored.total == sum(points)
    assert points == sorted(points, reverse=True)
    assert 0 not in points


def test_the_reasons_say_in_words_what_was_seen() -> None:
    scored = score(replace(WORST, blocks_received=9, reports_received=1))

    assert [(it.signal, it.value, it.points, it.text) for it in scored.reasons] == [
        (
            "new_partners_last_hour",
            300,
            15,
            "wrote first to 300 people within the hour",
        ),
        (
            "alike_recipients",
            300,
            15,
            "sent nearly the same text to 300 people within 24 h",
        ),
        (
            "reply_ratio",
            0,
            15,
            "was answered by 0 of 300 people to whom they wrote first within 7 d",
        ),
        ("blocks_received", 9, 15, "was blocked by 9 people"),
        ("account_age_seconds", 60, 10, "made the account 1 min ago"),
        (
            "first_messages_with_links",
            300,
            10,
            "put a link into 300 of 300 first messages within 7 d",
        ),
        ("sent_last_hour", 500, 5, "sent 500 messages within the hour"),
        ("reports_received", 1, 2, "was reported by 1 person"),
    ]


@pytest.mark.parametrize(
    ("age_seconds", "told"),
    [(59, "0 min"), (3599, "59 min"), (3600, "1 h"), (47.9 * 3600, "47 h"), (48 * 3600, "2 d")],
)
def test_an_age_is_told_in_the_unit_that_one_would_use(age_seconds: float, told: str) -> None:
    (reason,) = score(replace(QUIET, account_age_seconds=age_seconds)).reasons

    assert reason.text == f"made the account {told} ago"
