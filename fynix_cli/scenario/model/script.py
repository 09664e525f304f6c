"""A scenario that was read and found sound: what the player plays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fynix_cli.scenario.model.catalogue import StepName
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.problems import Place
from fynix_cli.scenario.model.step_shapes import StepArgs


@dataclass(frozen=True)
class Step:
    """One step. `number`: its place among the steps, such as `4` or `4.do.2`; `written`: its name
    as it stands in the file; `blocks`: the steps within it, by what they stand under."""

    name: StepName
    written: str
    number: str
    place: Place
    args: StepArgs
    blocks: dict[str, tuple["Step", ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """A whole scenario. `text`: the file as it was read, `choices`: of its matrix, if any."""

    file: Path
    document: Document
    steps: tuple[Step, ...]
    choices: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name, with what was chosen from its matrix."""
        if not self.choices:
            return str(self.document.name)
        chosen = ", ".join(f"{name}={value}" for name, value in self.choices.items())
        return f"{self.document.name} [{chosen}]"

    @property
    def key(self) -> str:
        """What tells it from every other of the run, for seeds and reports."""
        return f"{self.file}::{self.title}"
