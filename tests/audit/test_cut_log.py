"""A log whose oldest entries were cut off is whole where it says so itself, and only there."""

from typing import Any

import pytest

from fynix_server.audit_chain.verifying import BEGINNING, CUT_ACTION, Chained, Mark
from tests.audit.chains import broken, chain, entry, mark, rewritten, verified

GONE = 3


def cut_log(*said: Any, **fields: Any) -> list[Chained]:
    """Of six entries the last three, then an entry for each mark that is `said` to be the last
    that went."""
    entries = chain(6)
    for number, it in enumerate(said, start=7):
        made = {"action": CUT_ACTION, "target_kind": "audit", "target_id": str(it), **fields}
        entries.append(entry(number, entries[-1].hash, **made))
    return entries[GONE:]


LAST_GONE = mark(chain(6)[:GONE])


def test_a_cut_that_the_log_tells_of_leaves_it_whole() -> None:
    entries = cut_log(mark(chain(1)), LAST_GONE)

    verdict = verified(entries, head=mark(entries))

    assert verdict.broken is None
    assert (verdict.count, verdict.begins_after, verdict.cut_by) == (5, LAST_GONE, 8)


def test_a_whole_log_begins_at_the_beginning() -> None:
    verdict = verified(chain(3))

    assert (verdict.begins_after, verdict.cut_by) == (BEGINNING, None)


@pytest.mark.parametrize(
    "entries",
    [
        cut_log(),
        cut_log(mark(chain(6)[:2])),
        cut_log(Mark(GONE, "f" * 64)),
        cut_log(LAST_GONE, outcome="refused"),
        cut_log(LAST_GONE, action="user.ban"),
    ],
    ids=["not told of", "of others", "of another log", "refused", "no cut"],
)
def test_entries_that_are_gone_without_a_word_are_missing(entries: list[Chained]) -> None:
    assert broken(entries) == (1, "missing")


def test_more_than_was_cut_is_missing() -> None:
    assert broken(cut_log(LAST_GONE)[1:]) == (1, "missing")


def test_a_cut_explains_nothing_within_the_log() -> None:
    entries = cut_log(LAST_GONE)

    assert broken([entries[0], *entries[2:]]) == (GONE + 2, "missing")


def test_what_is_known_from_before_the_cut_is_known_to_have_gone() -> None:
    assert broken(cut_log(LAST_GONE), known=mark(chain(2))) == (GONE, "missing")


def test_what_is_known_from_after_the_cut_still_shows_a_log_that_was_written_anew() -> None:
    whole = [*chain(6), *cut_log(LAST_GONE)[3:]]
    anew = rewritten(whole, 5, action="user.unban")

    assert broken(whole[GONE:], known=mark(whole[:5])) is None
    assert broken(anew[GONE:], known=mark(whole[:5])) == (5, "rewritten")
