"""How a step ends when it does not succeed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fynix_cli.errors import CommandError
from fynix_cli.scenario.model.script import Step


@dataclass(frozen=True)
class Evidence:
    """What shows why: what was wanted, the nearest there was, and what differs, in lines.

    `note`: what may have been overlooked.
    """

    expected: str
    nearest: str | None = None
    differences: Sequence[str] = field(default_factory=tuple)
    request_id: str | None = None
    note: str | None = None


class AssertionMissed(Exception):
    """Something is not as the scenario says that it must be."""

    def __init__(self, text: str, evidence: Evidence | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.evidence = evidence


class CannotPlay(CommandError):
    """The scenario cannot go on, and that says nothing about whether its assertions hold."""


class NoAnswer(CannotPlay):
    """A request was not answered: the line broke, nobody listens, or it took too long.

    `is_on_purpose`: it was answered, and a fault that the scenario wanted took the answer.
    """

    def __init__(self, message: str, *, is_on_purpose: bool = False) -> None:
        super().__init__(message)
        self.is_on_purpose = is_on_purpose


class StepStopped(Exception):
    """A step did not succeed; its `cause` is an AssertionMissed or a CommandError."""

    def __init__(self, step: Step, cause: AssertionMissed | CommandError) -> None:
        super().__init__(str(cause))
        self.step = step
        self.cause = cause
        self.turns: list[str] = []
        """Of the `repeat`s around it, from the outermost, such as `i = 2`."""
