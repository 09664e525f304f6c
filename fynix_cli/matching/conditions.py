"""Conditions on a frame, as people write them after `--where` and `--until`."""

import operator
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.matching.fields import MISSING, check_path, is_shape, look_up, text_of
from fynix_cli.output import JsonObject

EXAMPLES = (
    "write it like message.content=hello, message.content~^deploy, 'seq>10', message.edited_at "
    "or '!message.edited_at'"
)
_CONDITION = re.compile(
    r"\s*(?P<not>!?)\s*(?P<path>\w+(?:\.\w+)*)\s*(?:(?P<operator>[!><]=|!~|[=~><])\s*(?P<value>.*))?",
    re.DOTALL | re.ASCII,
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

Test = Callable[[Any], bool]
"""Whether a value is as wanted; it may be MISSING."""


@dataclass(frozen=True)
class Condition:
    """What must be true of what stands at `path`."""

    path: str
    test: Test

    def holds(self, item: JsonObject) -> bool:
        return self.test(look_up(item, self.path))


@dataclass(frozen=True)
class _Written:
    """A condition in its parts, and the kinds of value that frames have at its path."""

    path: str
    operator: str
    value: str
    kinds: tuple[Any, ...]


def parse_conditions(texts: Iterable[str], types: Collection[str]) -> tuple[Condition, ...]:
    """Conditions on frames of `types` (empty: of any).

    Raises: CommandError (one cannot be read, or no such frame could ever meet it).
    """
    return tuple(_parsed(text, types) for text in texts)


def all_hold(conditions: Iterable[Condition], item: JsonObject) -> bool:
    """Whether `item`, a frame as JSON, meets every one of them."""
    return all(condition.holds(item) for condition in conditions)


def _parsed(text: str, types: Collection[str]) -> Condition:
    matched = _CONDITION.fullmatch(text)
    if matched is None or (matched["not"] and matched["operator"]):
        raise _usage(f"{text!r} is no condition", EXAMPLES)
    kinds = check_path(matched["path"], types)
    if matched["operator"] is None:
        return Condition(matched["path"], _is_absent if matched["not"] else _is_there)
    written = _Written(matched["path"], matched["operator"], matched["value"], kinds)
    return Condition(written.path, _test(written))


def _test(written: _Written) -> Test:
    if written.operator in _ORDERS:
        return _order(written)
    positive = _pattern(written) if "~" in written.operator else _equality(written)
    return (lambda found: not positive(found)) if "!" in written.operator else positive


# ── is it there ──────────────────────────────────────────────────────────────────────────────


def _is_there(found: Any) -> bool:
    return found is not MISSING and bool(found)


def _is_absent(found: Any) -> bool:
    return not _is_there(found)


# ── = and != ─────────────────────────────────────────────────────────────────────────────────


def _equality(written: _Written) -> Test:
    if written.value[:1] in {"=", "~"}:
        raise _usage(
            f"there is no operator {'=' + written.value[:1]!r}",
            f"write = or ~; for text that begins so: {written.path}~^{written.value[:1]}",
        )
    # Through the kind, so that an id in capitals or a time with another offset is the same.
    texts = {text for kind in written.kinds for text in _texts_of(written.value, kind)}
    if not texts:
        raise _usage(
            f"{written.path} is {_described(written.kinds)}, and never {written.value!r}",
            "fynix tail -o jsonl shows what frames hold",
        )
    return lambda found: found is not MISSING and text_of(found) in texts


def _texts_of(value: str, kind: Any) -> list[str]:
    """`value` as JSON shows it, if it is of that `kind`."""
    if kind is NoneType:
        return [value] if value == "null" else []
    if is_shape(kind) or get_origin(kind) is list:
        return []
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    try:
        read = adapter.validate_strings(value)
    except ValidationError:
        return []
    if isinstance(read, datetime):
        read = read.astimezone(UTC)
    return [text_of(adapter.dump_python(read, mode="json"))]


def _described(kinds: tuple[Any, ...]) -> str:
    names = dict.fromkeys(_kind_name(kind) for kind in kinds if kind is not NoneType)
    return " or ".join(names)


def _kind_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if get_origin(kind) is list:
        return "a list"
    if is_shape(kind):
        return "an object"
    return {str: "text", bool: "true or false", int: "a number", UUID: "an id"}.get(kind, "a time")


# ── ~ and !~ ─────────────────────────────────────────────────────────────────────────────────


def _pattern(written: _Written) -> Test:
    try:
        pattern = re.compile(written.value)
    except (re.error, OverflowError) as error:
        raise _usage(
            f"{written.value!r} is no regular expression: {error}",
            "put a \\ before a character that is to mean itself",
        ) from None
    return lambda found: (
        found is not MISSING and found is not None and pattern.search(text_of(found)) is not None
    )


# ── >, >=, < and <= ──────────────────────────────────────────────────────────────────────────


def _order(written: _Written) -> Test:
    if _NUMBER.fullmatch(written.value) is None:
        raise _usage(f"{written.value!r} is no number", f"{written.operator} compares numbers")
    if int not in written.kinds:
        raise _usage(
            f"{written.path} is {_described(written.kinds)}",
            f"{written.operator} compares numbers, such as seq",
        )
    compare = _ORDERS[written.operator]
    try:
        limit: float = int(written.value)
    except ValueError:
        limit = float(written.value)
    return lambda found: _is_number(found) and compare(found, limit)


def _is_number(found: Any) -> bool:
    # In Python a truth value is a number, too.
    return isinstance(found, int | float) and not isinstance(found, bool)


def _usage(problem: str, mend: str) -> CommandError:
    return CommandError(problem, hint=mend, exit_code=ExitCode.USAGE)
