"""Comparing what came with what is wanted."""

from typing import Any

import pytest

from fynix_cli.matching.fields import MISSING
from fynix_cli.scenario.matchers import (
    OPERATORS,
    BadMatcher,
    check_matcher,
    look_up,
    mismatches,
    mismatches_at,
)

UUID = "0198c0de-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("expected", "fits", "differs"),
    [
        (1, [1, 1.0], [2, True, "1", None, MISSING]),
        (True, [True], [1, "true"]),
        (None, [None], [0, "", MISSING]),
        ("a", ["a"], ["A", "ab"]),
        ([1, 2], [[1, 2]], [[2, 1], [1], "12", MISSING]),
        ({"a": 1}, [{"a": 1}, {"a": 1, "b": 2}], [{}, {"a": 2}, [], MISSING]),
        ({"a": {"b": {"gt": 1}}}, [{"a": {"b": 2}}], [{"a": {"b": 1}}, {"a": 2}]),
        ({"gt": 1}, [2, "2"], [1, "x", None, True, MISSING]),
        ({"gte": 1, "lte": 2}, [1, 2], [0, 3]),
        ({"lt": 1}, [0], [1]),
        ({"between": [1, 60]}, [1, 60, "30"], [0, 61, "x"]),
        ({"matches": "^h.llo$"}, ["hello"], ["hello you", 5, MISSING]),
        ({"contains": "ell"}, ["hello"], ["help"]),
        ({"contains": {"id": 1}}, [[{"id": 2}, {"id": 1, "x": 0}]], [[{"id": 2}], []]),
        ({"one_of": [200, {"gt": 500}]}, [200, 503], [404]),
        ({"not": 5}, [4, MISSING], [5]),
        ({"not": {"contains": "x"}}, ["abc"], ["xyz"]),
        ({"exists": True}, [0, None, ""], [MISSING]),
        ({"exists": False}, [MISSING], [0]),
        ({"any": True}, ["x"], [MISSING]),
        ({"uuid": True}, [UUID], ["x", MISSING]),
        ({"uuid": False}, ["x"], [UUID]),
        ({"time": True}, ["2026-11-29T12:00:00Z"], ["2026-11-29T12:00:00", "noon"]),
        ({"length": 2}, [[1, 2], "ab"], [[1], 2]),
        ({"length": {"gte": 1}}, [[1, 2]], [[]]),
        ({"content": "x"}, [{"content": "x"}], [{}]),
    ],
)
def test_a_matcher_tells_what_fits_from_what_does_not(
    expected: Any, fits: list[Any], differs: list[Any]
) -> None:
    check_matcher(expected)
    for value in fits:
        assert not mismatches(expected, value), value
    for value in differs:
        assert mismatches(expected, value), value


def test_every_operator_says_what_it_wanted() -> None:
    operands: dict[str, Any] = {"between": [1, 2], "one_of": [1], "length": 9, "not": MISSING}
    for name in OPERATORS:
        operand = operands.get(name, True)
        (found,) = mismatches({name: operand}, MISSING, "a.b")
        assert str(found).startswith("a.b: expected "), name
        assert str(found).endswith(", got nothing"), name


def test_a_difference_says_where_it_is() -> None:
    found = mismatches_at(
        {"message": {"id": 1, "tags": [1, 2]}}, {"message": {"id": 2, "tags": [1, 3]}}
    )

    assert [str(it) for it in found] == [
        "message.id: expected 1, got 2",
        "message.tags.1: expected 2, got 3",
    ]


@pytest.mark.parametrize(
    "matcher",
    [
        {"between": [1]},
        {"between": 5},
        {"one_of": []},
        {"one_of": 5},
        {"matches": "("},
        {"uuid": "yes"},
        {"not": {"matches": "("}},
        [{"length": {"matches": "("}}],
        {"a": {"b": {"between": 5}}},
        {"lenght": 3},
        {"not": {"uuuid": True}},
        {"gt": 1, "message": "x"},
        {"gt": "abc"},
    ],
)
def test_a_matcher_that_could_not_match_is_refused(matcher: Any) -> None:
    with pytest.raises(BadMatcher):
        check_matcher(matcher)


def test_a_matcher_may_name_variables_that_have_no_value_yet() -> None:
    check_matcher({"between": "$range"})
    check_matcher({"matches": "^$name$"})


def test_no_pattern_and_no_text_take_for_ever() -> None:
    assert mismatches({"matches": "^(a+)+$"}, "a" * 10_000 + "!")


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.0.b", 1), ("a.length", 1), ("a.1", MISSING), ("c", MISSING), ("a.0.b.c", MISSING)],
)
def test_a_path_leads_through_mappings_and_lists(path: str, found: Any) -> None:
    assert look_up({"a": [{"b": 1}]}, path) == found
