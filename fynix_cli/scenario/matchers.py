"""Comparing what came with what a scenario wants."""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import re2

from fynix_cli.matching import fields
from fynix_cli.matching.fields import MISSING


@dataclass(frozen=True)
class Mismatch:
    """A value, at `path`, that is not what was wanted."""

    path: str
    expected: str
    actual: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}expected {self.expected}, got {self.actual}"


class BadMatcher(ValueError):
    """A matcher that cannot match anything. The text says why."""


def mismatches(expected: Any, actual: Any, path: str = "") -> list[Mismatch]:
    """Where `actual` differs from `expected`; empty: nowhere.

    A mapping of operators is a matcher; any other mapping must be contained in `actual`; a list
    must have the same items; everything else must be equal.
    """
    if is_matcher(expected):
        return [
            Mismatch(path, _described(name, operand), shown(actual))
            for name, operand in expected.items()
            if not _OPERATORS[name](operand, actual)
        ]
    if isinstance(expected, Mapping):
        return _of_mapping(expected, actual, path)
    if isinstance(expected, list):
        return _of_list(expected, actual, path)
    return [] if _is_equal(expected, actual) else [Mismatch(path, shown(expected), shown(actual))]


def mismatches_at(wanted: Mapping[str, Any], value: Any, root: str = "") -> list[Mismatch]:
    """The same for matchers by dotted path into `value`."""
    found = []
    for path, expected in wanted.items():
        found += mismatches(expected, look_up(value, path), f"{root}.{path}" if root else path)
    return found


def look_up(value: Any, path: str) -> Any:
    """What stands at a dotted path; of a list also its `length`. MISSING: nothing does."""
    found = fields.look_up(value, path)
    before, _, last = path.rpartition(".")
    if found is MISSING and last == "length":
        whole = fields.look_up(value, before) if before else value
        return len(whole) if isinstance(whole, list) else MISSING
    return found


def is_matcher(expected: Any) -> bool:
    return isinstance(expected, Mapping) and bool(expected) and set(expected) <= set(_OPERATORS)


def check_matcher(expected: Any) -> None:
    """Refuse a matcher that could not match. Raises: BadMatcher."""
    if isinstance(expected, list):
        for item in expected:
            check_matcher(item)
    if not isinstance(expected, Mapping):
        return
    if not is_matcher(expected):
        _check_no_operator(expected)
        for item in expected.values():
            check_matcher(item)
        return
    for name, operand in expected.items():
        _check_operand(name, operand)


def shown(value: Any, limit: int = 200) -> str:
    """A value as one reads it in a line of at most about `limit` characters."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + "…"


def _of_mapping(expected: Mapping[str, Any], actual: Any, path: str) -> list[Mismatch]:
    if not isinstance(actual, Mapping):
        is_whole = "id" in expected and isinstance(actual, str)
        mend = " (for its id alone write .id behind its name)" if is_whole else ""
        return [Mismatch(path, shown(expected) + mend, shown(actual))]
    found = []
    for key, item in expected.items():
        inner = f"{path}.{key}" if path else str(key)
        found += mismatches(item, actual.get(key, MISSING), inner)
    return found


def _of_list(expected: list[Any], actual: Any, path: str) -> list[Mismatch]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        return [Mismatch(path, shown(expected), shown(actual))]
    found = []
    for index, item in enumerate(expected):
        found += mismatches(item, actual[index], f"{path}.{index}" if path else str(index))
    return found


def _is_equal(expected: Any, actual: Any) -> bool:
    # In Python True equals 1.
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def _number(value: Any) -> float | None:
    """Headers carry numbers as texts."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _compared(holds: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def compare(operand: Any, actual: Any) -> bool:
        left, right = _number(actual), _number(operand)
        return left is not None and right is not None and holds(left, right)

    return compare


def _matches(operand: Any, actual: Any) -> bool:
    return isinstance(actual, str) and _regex(str(operand)).search(actual) is not None


def _contains(operand: Any, actual: Any) -> bool:
    if isinstance(actual, str):
        return str(operand) in actual
    if isinstance(actual, list):
        return any(not mismatches(operand, item) for item in actual)
    return isinstance(actual, Mapping) and operand in actual


def _between(operand: Any, actual: Any) -> bool:
    number = _number(actual)
    low, high = _number(operand[0]), _number(operand[1])
    return number is not None and low is not None and high is not None and low <= number <= high


def _is_uuid(operand: Any, actual: Any) -> bool:
    try:
        UUID(str(actual))
    except ValueError:
        return not operand
    return bool(operand)


def _is_time(operand: Any, actual: Any) -> bool:
    try:
        is_aware = datetime.fromisoformat(str(actual)).tzinfo is not None
    except ValueError:
        return not operand
    return bool(operand) == is_aware


def _length(operand: Any, actual: Any) -> bool:
    is_sized = isinstance(actual, str | list | Mapping)
    return is_sized and not mismatches(operand, len(actual))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "any": lambda operand, actual: (actual is not MISSING) == bool(operand),
    "between": _between,
    "contains": _contains,
    "exists": lambda operand, actual: (actual is not MISSING) == bool(operand),
    "gt": _compared(lambda left, right: left > right),
    "gte": _compared(lambda left, right: left >= right),
    "length": _length,
    "lt": _compared(lambda left, right: left < right),
    "lte": _compared(lambda left, right: left <= right),
    "matches": _matches,
    "not": lambda operand, actual: bool(mismatches(operand, actual)),
    "one_of": lambda operand, actual: any(not mismatches(it, actual) for it in operand),
    "time": _is_time,
    "uuid": _is_uuid,
}
OPERATORS = tuple(_OPERATORS)


def _described(name: str, operand: Any) -> str:
    words = {
        "any": "a value" if operand else "no value",
        "exists": "a value" if operand else "no value",
        "uuid": "a UUID",
        "time": "a time with its offset",
        "between": "a number between {} and {}",
        "one_of": "one of {}",
        "not": "anything but {}",
        "matches": "a text that matches {}",
        "contains": "something that contains {}",
        "length": "a length of {}",
        "gt": "more than {}",
        "gte": "at least {}",
        "lt": "less than {}",
        "lte": "at most {}",
    }
    operands = operand if name == "between" else [operand]
    return words[name].format(*(shown(it) for it in operands))


def _amount(operand: Any) -> float | None:
    """A number, or a time such as 250ms, as `report` has them."""
    matched = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", str(operand))
    return _number(matched[1] if matched else operand)


def _check_operand(name: str, operand: Any) -> None:
    if name in ("not", "length"):
        check_matcher(operand)
    if isinstance(operand, str) and "$" in operand:
        return  # what it is shows when the scenario runs
    if name == "between" and not (isinstance(operand, list) and len(operand) == 2):
        raise BadMatcher("`between` wants two numbers, such as [1, 60]")
    if name == "one_of" and not (isinstance(operand, list) and operand):
        raise BadMatcher("`one_of` wants a list, such as [200, 201]")
    if name in ("gt", "gte", "lt", "lte") and _amount(operand) is None:
        raise BadMatcher(f"`{name}` wants a number")
    if name in ("any", "exists", "uuid", "time") and not isinstance(operand, bool):
        raise BadMatcher(f"`{name}` wants true or false")
    if name == "matches":
        _check_regex(operand)


@lru_cache(maxsize=1)
def _names_of_fields() -> frozenset[str]:
    """What messages, people and conversations have, some of it spelt much like an operator."""
    return frozenset(name for path in fields.paths_of(()) for name in path.split("."))


def _check_no_operator(mapping: Mapping[str, Any]) -> None:
    """A misspelt operator would be a field that nothing has."""
    for name in mapping:
        if name in _OPERATORS:
            raise BadMatcher(f"`{name}` stands beside what is no matcher")
        near = difflib.get_close_matches(str(name), OPERATORS, n=1, cutoff=0.8)
        if near and name not in _names_of_fields():
            raise BadMatcher(f"there is no matcher `{name}`: did you mean {near[0]}?")


def _check_regex(operand: Any) -> None:
    try:
        _regex(str(operand))
    except re2.error as error:
        why = error.args[0]
        told = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise BadMatcher(f"`matches` has no regular expression: {told}") from None


@lru_cache(maxsize=256)
def _regex(pattern: str) -> Any:
    """By RE2, whose time grows with the text alone: others would hang on some patterns and texts,
    and nothing could end them. It has neither lookaround nor backreferences."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)
