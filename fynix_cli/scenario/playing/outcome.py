"""What came of playing a scenario once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.problems import Place
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.failures import Evidence

TAIL_FRAMES = 20


class Status(StrEnum):
    passed = "passed"
    failed = "failed"
    """Something was not as the scenario says that it must be."""
    error = "error"
    """It could not be played to its end."""
    skipped = "skipped"


@dataclass(frozen=True)
class Outcome:
    """`key`: what tells the scenario from others; `seconds`: how long it took; `rerun`: the
    command that plays just this again; `tails`: by device, the last events that came; `turns`: of
    the `repeat`s around the step; `names`: by id what the scenario calls it."""

    key: str
    file: str
    title: str
    stack: str
    status: Status
    seconds: float
    steps: int = 0
    text: str = ""
    place: Place | None = None
    step: str | None = None
    evidence: Evidence | None = None
    broken: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tails: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)
    turns: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    server_log: Sequence[str] = ()
    latencies: Mapping[str, Sequence[float]] = field(default_factory=dict)
    rerun: str = ""
    exit_code: ExitCode = ExitCode.OK
    turn: int = 1
    seed: int = 0

    @classmethod
    def of(cls, script: Script, stack: str, status: Status, **known: Any) -> Self:
        """Of a playing that has only begun; `known`: what there is to say already."""
        return cls(
            key=script.key,
            file=str(script.file),
            title=script.title,
            stack=stack,
            status=status,
            seconds=0.0,
            **known,
        )

    @property
    def is_good(self) -> bool:
        return self.status in (Status.passed, Status.skipped)
