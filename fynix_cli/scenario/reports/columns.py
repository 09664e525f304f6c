"""What people in a scenario do and hear, each in a column of their own, as it happens."""

import sys
from collections.abc import Callable
from typing import Any

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from fynix_cli.output import visible
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.journal import Entry

MIN_WIDTH = 24
_SHOWN = {"step", "answer", "arrived", "line", "fault", "log"}
_SILENT_STEPS = frozenset({"expect", "expect_none", "check", "resume"})
_SILENT_FLOW = frozenset(
    {"log", "let", "do", "if", "parallel", "include", "clock.advance", "fault"}
)
"""What they do is told by itself, or says nothing."""
_CLOSED_BY_US = 1000
_MESSAGES = {"new_message": "", "message_updated": " (edited)"}
"""Events that say a message, and what is added to it."""
_STYLES = {"arrived": "cyan", "answer": "dim", "line": "yellow", "fault": "magenta", "log": "bold"}


class Columns:
    """Prints a line for each entry, in the column of whose it is. Of more people than fit, the
    others share the last column."""

    def __init__(self, script: Script) -> None:
        self._console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        actors = list(script.document.actors)
        fit = max(1, self._console.width // MIN_WIDTH)
        self._names = actors if len(actors) <= fit else [*actors[: fit - 1], "others"]
        self._width = max(MIN_WIDTH, self._console.width // len(self._names)) - 2
        self._has_devices = {
            name for name, actor in script.document.actors.items() if len(actor.devices) > 1
        }
        self._console.print(Text(visible(script.title), "bold"))
        self._print_row({name: (name, "bold underline") for name in self._names})

    def show(self, entry: Entry) -> None:
        if entry.kind not in _SHOWN:
            return
        text = _TELLERS.get(entry.kind, _plain)(entry)
        if text is None:
            return
        style = _STYLES.get(entry.kind, "")
        if entry.actor is None:
            self._console.print(Text(f"— {visible(text)}", style or "dim"))
            return
        if entry.actor in self._has_devices:
            text = f"{entry.device}: {text}"
        name = entry.actor if entry.actor in self._names else "others"
        if name == "others":
            text = f"{entry.actor}: {text}"
        self._print_row({name: (text, style)})

    def _print_row(self, cells: dict[str, tuple[str, str]]) -> None:
        line = Text()
        for name in self._names:
            text, style = cells.get(name, ("", ""))
            line.append(set_cell_size(visible(text), self._width), style)
            line.append("  ")
        line.rstrip()
        self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def _plain(entry: Entry) -> str | None:
    return entry.text


def _line(entry: Entry) -> str | None:
    return None if entry.text == "resume" else entry.text


def _step(entry: Entry) -> str | None:
    verb = entry.text.split(" ", 1)[0]
    silent = _SILENT_FLOW if entry.actor is None else _SILENT_STEPS | {"fault", "disconnect"}
    return None if verb in silent else entry.text


def _answer(entry: Entry) -> str | None:
    return f"→ {entry.text}"


def _arrived(entry: Entry) -> str | None:
    frame = entry.data["frame"]
    kind = str(frame.get("type"))
    if kind in ("hello", "resumed") or (kind == "closed" and frame.get("code") == _CLOSED_BY_US):
        return None
    message = frame.get("message")
    if isinstance(message, dict) and kind in _MESSAGES:
        said = f"{message.get('sender_username')}: {message.get('content')}"
        return f"← {frame.get('seq')} {said}{_MESSAGES[kind]}"
    return f"← {kind}{_about(frame)}"


def _about(frame: dict[str, Any]) -> str:
    """What a frame says, in a few words."""
    if frame.get("type") == "typing":
        return " begins" if frame.get("is_typing") else " ends"
    if frame.get("type") in ("closed", "error"):
        return f" {frame.get('code')} {frame.get('error') or frame.get('reason') or ''}".rstrip()
    return f" {frame['seq']}" if "seq" in frame else ""


_TELLERS: dict[str, Callable[[Entry], str | None]] = {
    "step": _step,
    "line": _line,
    "answer": _answer,
    "arrived": _arrived,
}
