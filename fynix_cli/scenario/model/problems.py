"""What is wrong with a scenario file, and where."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode


@dataclass(frozen=True)
class Place:
    """A place in a file; both numbers count from 1."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """Something that keeps a file from being played. `hint`: the mend, where there is one."""

    place: Place
    text: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" + (f" ({self.hint})" if self.hint else "")


class InvalidScenario(CommandError):
    """A file that cannot be played, with every problem that was found in it."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(it) for it in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of `known`; None: nothing is near."""
    near = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of `known`; else, of a few, all."""
    choices = sorted(set(known))
    near = nearest(word, choices)
    if near is not None:
        return near
    return f"there are {', '.join(choices)}" if 0 < len(choices) <= 12 else None
