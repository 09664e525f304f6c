"""Regular expressions: places, many at once, and too many."""

import pytest

from fynix_server.errors import InvalidInput
from fynix_server.policy.content_filter import ContentFilter
from fynix_server.policy.content_filter.regexes import RegexSet
from fynix_server.policy.content_filter.rules import Hit
from tests.policy.rules import matched, rule


def test_places_are_code_points() -> None:
    assert matched("ünï 🍆 call 123", rule("regex", r"call \d+")) == ["call 123"]


def test_all_places_of_all_that_match_are_told() -> None:
    rules = [rule("regex", "a+"), rule("regex", "x"), rule("regex", "ab")]

    assert matched("aab ab", *rules) == ["aa", "ab", "a", "ab"]


def test_a_thousand_are_looked_for_at_once() -> None:
    rules = [rule("regex", rf"\bword{number}\b") for number in range(1_000)]

    assert matched("word7 word999 word1000", *rules) == ["word7", "word999"]


def test_regexes_that_are_too_large_together_are_refused() -> None:
    rules = [rule("regex", f"x.{{100}}{number}") for number in range(70)]

    with pytest.raises(InvalidInput, match=r"too large together: \d\d,\d\d\d instructions"):
        ContentFilter(rules)


@pytest.mark.parametrize("kibibytes", [1, 20, 40, 60, 80, 100, 200])
def test_without_memory_for_all_at_once_they_are_tried_one_by_one(kibibytes: int) -> None:
    patterns = [(number, f"[a-q].{{20}}{number}$") for number in range(10)]
    text = "abcdefgh" * 100

    regexes = RegexSet(patterns, max_memory_bytes=kibibytes * 1024)

    assert list(regexes.find(f"{text}7")) == [Hit(7, len(text) - 21, len(text) + 1)]
