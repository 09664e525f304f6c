"""What is done about a score, and when nothing is, without a database."""

from itertools import pairwise

import pytest

from fynix_server.protocol.spam import SpamMode
from fynix_server.settings import RateLimit
from fynix_server.spam.measures import (
    LASTS,
    SLOW_LIMIT,
    Standing,
    Withheld,
    slow_limit,
    strictest,
    withheld,
)
from fynix_server.spam.score import Measure

USER = Standing("user")


@pytest.mark.parametrize("measure", list(Measure))
def test_whoever_has_no_role_and_no_past_gets_what_the_score_calls_for(measure: Measure) -> None:
    assert withheld(measure, USER, "act") is None


@pytest.mark.parametrize(
    ("standing", "mode", "reason"),
    [
        (USER, "observe", Withheld.OBSERVING),
        (USER, "off", Withheld.OFF),
        (Standing("user", is_exempt=True), "act", Withheld.EXEMPT),
        (Standing("moderator"), "act", Withheld.HAS_ROLE),
        (Standing("admin"), "act", Withheld.HAS_ROLE),
        (Standing("user", in_force=Measure.HOLD), "act", Withheld.IN_FORCE),
        (Standing("user", in_force=Measure.SUSPEND), "act", Withheld.IN_FORCE),
        (Standing("user", in_force=Measure.SLOW_MODE), "act", None),
        (Standing("user", let_off=Measure.HOLD), "act", Withheld.LET_OFF),
        (Standing("user", let_off=Measure.SUSPEND), "act", Withheld.LET_OFF),
        (Standing("user", let_off=Measure.SLOW_MODE), "act", None),
        (Standing("admin", is_exempt=True), "observe", Withheld.EXEMPT),
    ],
)
def test_a_hold_is_withheld_where_something_speaks_against_it(
    standing: Standing, mode: SpamMode, reason: Withheld | None
) -> None:
    assert withheld(Measure.HOLD, standing, mode) is reason


def test_the_strictest_of_none_is_none() -> None:
    assert strictest(set()) is Measure.NONE
    assert strictest({Measure.HOLD, Measure.SLOW_MODE}) is Measure.HOLD


def test_a_stricter_measure_lasts_longer() -> None:
    lasts = [LASTS[it] for it in Measure if it is not Measure.NONE]

    assert all(one < other for one, other in pairwise(lasts))


@pytest.mark.parametrize(
    ("usual", "slow"), [("30/60", SLOW_LIMIT), ("1/3600", "1/3600"), ("500/1", SLOW_LIMIT)]
)
def test_slow_mode_is_never_quicker_than_what_everybody_may(usual: str, slow: str) -> None:
    assert slow_limit(RateLimit(usual)) == slow
