"""Who gets which measure, and that nothing worse ever makes it better."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynix_server.spam.score import SUSPEND_FROM, Measure, measure_for, score
from fynix_server.spam.signals import Share, Signals
from tests.spam.some_signals import DAY_SECONDS, QUIET, WORST, some_signals

PEOPLE: dict[str, tuple[Signals, Measure]] = {
    "somebody who writes to friends": (QUIET, Measure.NONE),
    "somebody who has done nothing yet": (
        replace(
            QUIET,
            account_age_seconds=0,
            sent_last_hour=0,
            alike_recipients=0,
            first_messages_with_links=Share(0, 0),
            reply_ratio=Share(0, 0),
        ),
        Measure.NONE,
    ),
    "a popular person who gets many answers, and blocks": (
        replace(QUIET, sent_last_hour=250, reply_ratio=Share(60, 64), blocks_received=40),
        Measure.NONE,
    ),
    "the owner of a bot with an old account": (
        replace(
            QUIET,
            sent_last_hour=500,
            alike_recipients=300,
            first_messages_with_links=Share(60, 60),
            reply_ratio=Share(1, 60),
        ),
        Measure.SLOW_MODE,
    ),
    "the same bot, which a mob blocks": (
        replace(
            QUIET,
            sent_last_hour=500,
            alike_recipients=300,
            first_messages_with_links=Share(0, 0),
            reply_ratio=Share(0, 0),
            blocks_received=200,
            reports_received=200,
        ),
        Measure.HOLD,
    ),
    "somebody announcing a party to twelve friends": (
        replace(QUIET, sent_last_hour=30, alike_recipients=12),
        Measure.NONE,
    ),
    "a newcomer who invites fifteen colleagues": (
        replace(
            QUIET,
            account_age_seconds=3600,
            new_partners_last_hour=15,
            sent_last_hour=15,
            alike_recipients=15,
            first_messages_with_links=Share(0, 15),
            reply_ratio=Share(0, 0),
        ),
        Measure.NONE,
    ),
    "a newcomer who invites a department by a link": (
        replace(
            QUIET,
            account_age_seconds=3600,
            new_partners_last_hour=40,
            sent_last_hour=40,
            alike_recipients=40,
            first_messages_with_links=Share(40, 40),
            reply_ratio=Share(0, 10),
            blocks_received=1,
        ),
        Measure.HOLD,
    ),
    "somebody ordinary whom a mob blocks and reports": (
        replace(QUIET, blocks_received=100, reports_received=100),
        Measure.NONE,
    ),
    "an organiser whom somebody's friends report": (
        replace(QUIET, alike_recipients=60, blocks_received=30, reports_received=30),
        Measure.SLOW_MODE,
    ),
    "a blaster before anybody has said anything": (
        replace(
            WORST, blocks_received=0, reports_received=0, reply_ratio=Share(0, 0), sent_last_hour=80
        ),
        Measure.HOLD,
    ),
    "a blaster of whom people complain": (
        replace(WORST, blocks_received=6, reports_received=3),
        Measure.SUSPEND,
    ),
    "an old account that spams, and is complained of": (
        replace(
            WORST, account_age_seconds=400 * DAY_SECONDS, blocks_received=9, reports_received=4
        ),
        Measure.SUSPEND,
    ),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_gets_what_their_conduct_calls_for(who: str) -> None:
    signals, measure = PEOPLE[who]

    scored = score(signals)

    assert measure_for(scored) is measure, scored


@pytest.mark.parametrize("field", [it.name for it in fields(Signals)])
def test_no_signal_alone_does_more_than_nothing(field: str) -> None:
    alone = replace(QUIET, **{field: getattr(WORST, field)})

    assert measure_for(score(alone)) is Measure.NONE


@pytest.mark.parametrize(("blocks", "reports"), [(0, 0), (5, 0), (0, 1), (2, 1)])
def test_nobody_is_suspended_on_few_complaints_however_bad_the_rest(
    blocks: int, reports: int
) -> None:
    signals = replace(WORST, blocks_received=blocks, reports_received=reports)

    assert measure_for(score(signals)) is Measure.HOLD


def test_a_high_total_with_one_other_kind_of_evidence_is_a_hold() -> None:
    """Much of what is new and complained of, and of pace; less than a third of all the rest."""
    signals = replace(
        WORST,
        alike_recipients=12,
        first_messages_with_links=Share(5, 5),
        reply_ratio=Share(0, 9),
    )
    scored = score(signals)
    enough = replace(signals, alike_recipients=14)

    assert scored.total > SUSPEND_FROM
    assert measure_for(scored) is Measure.HOLD
    assert measure_for(score(enough)) is Measure.SUSPEND


# ── monotone ─────────────────────────────────────────────────────────────────────────────────

more = st.integers(1, 30)


def made_worse(signals: Signals, field: str, by: int) -> Signals:
    """The same person with that much more of what speaks against them."""
    value = getattr(signals, field)
    if field == "account_age_seconds":
        return replace(signals, account_age_seconds=max(0.0, value - by * 3600))
    if field == "first_messages_with_links":  # more first messages, all with links
        return replace(signals, first_messages_with_links=Share(value.count + by, value.of + by))
    if field == "reply_ratio":  # more first messages that nobody answered
        return replace(signals, reply_ratio=Share(value.count, value.of + by))
    return replace(signals, **{field: value + by})


@pytest.mark.parametrize("field", [it.name for it in fields(Signals)])
@given(signals=some_signals, by=more)
def test_nothing_worse_makes_the_score_or_the_measure_better(
    field: str, signals: Signals, by: int
) -> None:
    steps = list(Measure)
    before, after = score(signals), score(made_worse(signals, field, by))

    assert after.total >= before.total
    assert steps.index(measure_for(after)) >= steps.index(measure_for(before))


@given(signals=some_signals, by=more)
def test_answers_never_make_the_score_worse(signals: Signals, by: int) -> None:
    ratio = signals.reply_ratio
    answered = replace(signals, reply_ratio=Share(min(ratio.of, ratio.count + by), ratio.of))

    assert score(answered).total <= score(signals).total
