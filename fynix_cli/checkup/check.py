"""What a check says: its state, what was found, and the mend."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fynix_cli.checkup.surroundings import Surroundings
from fynix_cli.exit_codes import ExitCode


class State(StrEnum):
    """`skipped`: something else, which is told, stands in the way of looking."""

    ok = "ok"
    warning = "warning"
    failed = "failed"
    skipped = "skipped"


@dataclass(frozen=True)
class Found:
    """One line of the doctor. `mend`: what to type or set; None where all is well.

    `details` are further fields of its JSON; `exit_code` is the command's where this has failed.
    """

    part: str
    name: str
    state: State
    found: str
    mend: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    exit_code: ExitCode = ExitCode.FAILED

    def as_row(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "name": self.name,
            "state": self.state.value,
            "found": self.found,
            "mend": self.mend,
            **self.details,
        }


class Teller:
    """Makes the lines of one part."""

    def __init__(self, part: str) -> None:
        self.part = part

    def ok(self, name: str, found: str) -> Found:
        return Found(self.part, name, State.ok, found)

    def warning(self, name: str, found: str, mend: str) -> Found:
        return Found(self.part, name, State.warning, found, mend)

    def failed(
        self, name: str, found: str, mend: str, exit_code: ExitCode = ExitCode.FAILED
    ) -> Found:
        return Found(self.part, name, State.failed, found, mend, exit_code=exit_code)

    def skipped(self, name: str, why: str) -> Found:
        return Found(self.part, name, State.skipped, f"skipped: {why}", "mend that first")


Check = Callable[[Surroundings], AsyncIterator[Found]]
"""Yields lines as it finds them, so that those found before a deadline are not lost."""
