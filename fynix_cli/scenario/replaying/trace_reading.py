"""Reading a trace that `fynix scenario run --trace` wrote."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.playing.journal import Kind
from fynix_cli.scenario.reports.trace import FORMAT

_NEEDED: dict[str, dict[str, type]] = {
    "joined": {"user_id": str, "username": str, "instance": int, "sessions": dict},
    "request": {"call": int, "method": str, "path": str},
    "answer": {"call": int, "status": int},
    "arrived": {"frame": dict},
}
_CALLED = {str: "a text", int: "a number", dict: "a mapping"}


class InvalidTrace(CommandError):
    """A file that is no trace. The text names the line."""

    exit_code = ExitCode.USAGE

    def __init__(self, file: Path, line: int, text: str) -> None:
        super().__init__(
            f"{file}:{line}: {text}", hint="traces are written by: fynix scenario run --trace DIR"
        )


@dataclass(frozen=True)
class TraceEntry:
    """One line. `data`: what belongs to its kind."""

    line: int
    at: float
    kind: str
    actor: str | None
    device: str | None
    text: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def who(self) -> str:
        return f"{self.actor}.{self.device}"


@dataclass(frozen=True)
class Trace:
    file: Path
    head: dict[str, Any]
    entries: list[TraceEntry]

    def of_kind(self, kind: str) -> Iterator[TraceEntry]:
        return (it for it in self.entries if it.kind == kind)


def read_trace(file: Path) -> Trace:
    """Raises: InvalidTrace."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidTrace(file, 1, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InvalidTrace(file, line, "this is not UTF-8 text") from None
    if not lines:
        raise InvalidTrace(file, 1, "this file is empty")
    head = _object(file, 1, lines[0])
    if head.get("fynix_trace") != FORMAT:
        raise InvalidTrace(file, 1, f"this is no trace of format {FORMAT}")
    entries = [_entry(file, number, text) for number, text in enumerate(lines[1:], 2)]
    trace = Trace(file, head, entries)
    if not any(trace.of_kind("joined")):
        raise InvalidTrace(file, len(lines), "nobody has joined: it was over before it began")
    return trace


def _entry(file: Path, line: int, text: str) -> TraceEntry:
    data = _object(file, line, text)
    try:
        entry = TraceEntry(
            line,
            float(data.pop("at")),
            str(data.pop("kind")),
            data.pop("actor"),
            data.pop("device"),
            str(data.pop("text")),
            data,
        )
    except KeyError as error:
        raise InvalidTrace(file, line, f"this line has no {error}") from None
    except (TypeError, ValueError):
        raise InvalidTrace(file, line, "'at' must be a number") from None
    if entry.kind not in get_args(Kind):
        raise InvalidTrace(file, line, f"there is no kind {entry.kind!r}")
    for name, kind in _NEEDED.get(entry.kind, {}).items():
        if name not in data:
            raise InvalidTrace(file, line, f"a line of kind {entry.kind!r} has no {name!r}")
        if not isinstance(data[name], kind):
            raise InvalidTrace(file, line, f"{name!r} must be {_CALLED[kind]}")
    return entry


def _object(file: Path, line: int, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidTrace(file, line, "this is not JSON") from None
    if not isinstance(value, dict):
        raise InvalidTrace(file, line, "this is no JSON object")
    return value
