"""The measurement: made-up people, judged; and what docs/admin/spam-score.md says of both."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from fynix_server.spam.rules import RULES
from fynix_server.spam.score import HOLD_FROM, SLOW_MODE_FROM, SUSPEND_FROM, Measure
from fynix_server.spam.similarity import ALIKE, MIN_CHARACTERS
from tests.contracts import ROOT
from tests.spam.collection import report_on_texts
from tests.spam.measure import (
    EACH,
    HELD_OUT_SEED,
    Judged,
    Seen,
    false_alarms,
    judge,
    precision,
    recall,
    report,
    see,
)
from tests.spam.traffic import KINDS, generate
from tests.spam.traffic.story import Kind, Story

PAGE = (ROOT / "docs" / "admin" / "spam-score.md").read_text()


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    return [see(it) for it in generate(seed=7, each=15)]


def test_no_honest_person_is_suspended_and_most_blasters_are_noticed(seen: list[Seen]) -> None:
    judged = {it.kind.name: it for it in judge(seen)}

    honest = [it for it in judged.values() if not it.kind.is_spam]
    assert {
        it.kind.name: it.reach(Measure.SUSPEND) for it in honest if it.reach(Measure.HOLD)
    } == {}
    for name in ("copy-paste blaster", "template spinner", "newcomer burst", "slow dripper"):
        assert judged[name].reach(Measure.SLOW_MODE) > 0.5, name


def test_without_complaints_nobody_is_suspended(seen: list[Seen]) -> None:
    judged = judge([it.without_complaints() for it in seen])

    assert recall(judged, Measure.SUSPEND) == 0
    assert recall(judged, Measure.HOLD) > 0


def test_the_report_has_a_line_for_every_kind_and_names_those_that_are_missed(
    seen: list[Seen],
) -> None:
    told = report(seen)

    for kind in KINDS:
        assert told.count(f"\n| {kind.name} | ") == 2
    assert told.count("Missed more often than not: ") == 2
    assert "hijacked account" in told.split("Missed more often than not: ")[1]


def test_people_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    one, again, other = ([see(it) for it in generate(seed, 2)] for seed in (1, 1, 2))

    assert one == again
    assert one != other


def test_the_kinds_are_shares_of_a_whole() -> None:
    for is_spam in (True, False):
        assert sum(it.share for it in KINDS if it.is_spam is is_spam) == pytest.approx(1)


def test_recall_and_precision_weigh_each_kind_by_its_share() -> None:
    def kind(is_spam: bool, share: float) -> Kind:
        return Kind(
            "somebody", is_spam, share, lambda random: Story(random, account_age=timedelta())
        )

    judged = [
        Judged(kind(True, 0.75), [Measure.HOLD, Measure.SUSPEND]),
        Judged(kind(True, 0.25), [Measure.NONE, Measure.HOLD]),
        Judged(kind(False, 1), [Measure.NONE] * 9 + [Measure.HOLD]),
    ]

    assert recall(judged, Measure.HOLD) == pytest.approx(0.875)
    assert recall(judged, Measure.SUSPEND) == pytest.approx(0.375)
    assert false_alarms(judged, Measure.HOLD) == pytest.approx(0.1)
    assert precision(judged, Measure.HOLD, 0.5) == pytest.approx(0.875 / 0.975)
    assert precision(judged[2:], Measure.SUSPEND, 0.5) is None


def test_a_collection_of_texts_is_compared(tmp_path: Path) -> None:
    offer = "Win a phone today, call this number now and claim your prize: "
    ham = [f"ham\t{chr(0x4E00 + number) * 30}" for number in range(300)]
    lines = [f"spam\t{offer}0800", f"spam\t{offer}0900 quickly", "ham\tok", *ham, *ham]
    path = tmp_path / "collection"
    path.write_text("\n".join(lines), encoding="utf-8")

    told = report_on_texts(path, seed=1)

    assert "300 honest, 2 spam." in told
    assert "at most 1 get nearly the same" in told
    assert "Nearly the same as another: 0 honest, 2 spam." in told
    assert "at most 1 get nearly the same" in told


# ── docs/admin/spam-score.md ─────────────────────────────────────────────────────────────────


def test_the_page_has_every_rule_with_its_weight_and_its_reason() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([\w]+) \| (.+) \|$", PAGE, re.MULTILINE)

    assert rows == [(it.signal, str(it.weight), it.evidence.name.lower(), it.why) for it in RULES]


def test_the_page_has_the_thresholds_and_the_bounds_that_the_code_has() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \| [^`]", PAGE, re.MULTILINE))

    thresholds = {"slow_mode": SLOW_MODE_FROM, "hold": HOLD_FROM, "suspend": SUSPEND_FROM}
    assert {it: int(rows[it]) for it in thresholds} == thresholds
    assert f"{ALIKE:.0%} of their pieces" in PAGE
    assert f"fewer than {MIN_CHARACTERS} letters" in PAGE


def test_the_page_has_figures_for_every_kind_of_the_held_out_seed() -> None:
    assert f"seed {HELD_OUT_SEED}, {EACH} of each kind" in PAGE
    for kind in KINDS:
        assert PAGE.count(f"\n| {kind.name} | ") == 2, kind.name
