"""Playing many scenarios: read, multiplied, several at once, each outcome told as it comes."""

import asyncio
import random
import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.problems import InvalidScenario, Problem
from fynix_cli.scenario.model.reading import check_given, read_script, scenario_files, variants
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.playing.journal import Entry, Listener
from fynix_cli.scenario.playing.outcome import Outcome, Status
from fynix_cli.scenario.playing.player import Playing, play_script
from fynix_cli.scenario.reports.trace import TraceFile
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import World

FOREVER = 1_000_000_000


@dataclass(frozen=True)
class Selection:
    """Which scenarios: in `paths`, with a tag of `tags` (empty: all), `case` in their title."""

    paths: Sequence[Path]
    tags: frozenset[str] = frozenset()
    case: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunPlan:
    """How: `repeat` times, up to the first that is not good with `is_until_fail`."""

    jobs: int = 1
    repeat: int = 1
    is_until_fail: bool = False
    seed: int | None = None
    instances: int | None = None
    trace: Path | None = None
    command: Sequence[str] = ()
    before_step: Callable[[Step], Awaitable[None]] | None = None
    before_end: Callable[[World], Awaitable[None]] | None = None


class Watcher(Protocol):
    """Is told what happens. `number`: of the playing, from 1."""

    def begun(self, number: int, script: Script, maker: WorldMaker) -> None: ...

    def happened(self, number: int, entry: Entry) -> None: ...

    def ended(self, number: int, outcome: Outcome) -> None: ...


def select(selection: Selection) -> tuple[list[Script], list[Outcome]]:
    """The scripts to play; and of files that cannot be read, outcomes that say why.

    Raises: CommandError (a path is not there, or there is nothing to play).
    """
    scripts: list[Script] = []
    read: list[Script] = []
    invalid: list[Outcome] = []
    for file in scenario_files(list(selection.paths)):
        try:
            script = read_script(file, selection.variables)
        except InvalidScenario as error:
            invalid.append(_invalid(file, error))
            continue
        read.append(script)
        if not selection.tags or selection.tags & set(script.document.tags):
            scripts += [it for it in variants(script) if (selection.case or "") in it.title]
    if not invalid:
        check_given(read, selection.variables)
    return scripts, invalid


async def run(
    playings: Sequence[tuple[Script, WorldMaker]], plan: RunPlan, watcher: Watcher
) -> None:
    """Play each; `watcher` is told what comes of it."""
    jobs = _Jobs(playings, plan, watcher)
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.jobs):
            group.create_task(jobs.work())


class _Jobs:
    """So many workers that take the next playing when they are done with one."""

    def __init__(
        self, playings: Sequence[tuple[Script, WorldMaker]], plan: RunPlan, watcher: Watcher
    ) -> None:
        turns = FOREVER if plan.is_until_fail and plan.repeat == 1 else plan.repeat
        self._left = (
            (script, maker, turn) for turn in range(1, turns + 1) for script, maker in playings
        )
        self._plan = plan
        self._watcher = watcher
        self._seed = plan.seed if plan.seed is not None else random.SystemRandom().getrandbits(31)
        self._count = 0
        self._is_over = False

    async def work(self) -> None:
        for script, maker, turn in self._left:
            if self._is_over:
                return
            self._count += 1
            outcome = await self._play(self._count, script, maker, turn)
            self._is_over = self._plan.is_until_fail and not outcome.is_good

    async def _play(self, number: int, script: Script, maker: WorldMaker, turn: int) -> Outcome:
        self._watcher.begun(number, script, maker)
        try:
            outcome = await self._played(number, script, maker, turn)
        except CommandError as error:
            outcome = _unwritable(script, maker, error)
        self._watcher.ended(number, outcome)
        return outcome

    async def _played(self, number: int, script: Script, maker: WorldMaker, turn: int) -> Outcome:
        """Raises: CommandError (its trace cannot be written)."""
        listeners: list[Listener] = [lambda entry: self._watcher.happened(number, entry)]
        trace = None
        if self._plan.trace is not None:
            name = f"{script.file.name.split('.')[0]}-{script.title}-{maker.name}-{turn}"
            head = {
                "scenario": script.title,
                "file": str(script.file),
                "stack": maker.name,
                "server": self._spec(script),
            }
            trace = TraceFile(self._plan.trace, name, head)
            listeners.append(trace.note)
        how = Playing(
            seed=self._seed,
            turn=turn,
            instances=self._plan.instances,
            listeners=listeners,
            before_step=self._plan.before_step,
            before_end=self._plan.before_end,
        )
        try:
            outcome = await play_script(script, maker, how)
        finally:
            if trace is not None:
                trace.close()
        return replace(outcome, rerun=self._rerun(script, outcome))

    def _spec(self, script: Script) -> dict[str, Any]:
        server = script.document.server
        return {
            "instances": self._plan.instances or server.instances,
            "settings": dict(server.settings),
        }

    def _rerun(self, script: Script, outcome: Outcome) -> str:
        words = ["fynix", "scenario", "run", str(script.file), "--seed", str(outcome.seed)]
        if outcome.stack == "full":
            words += ["--stack", "full"]
        if script.choices:
            words += ["--case", script.title]
        return shlex.join([*words, *self._plan.command])


def _unwritable(script: Script, maker: WorldMaker, error: CommandError) -> Outcome:
    return Outcome(
        key=script.key,
        file=str(script.file),
        title=script.title,
        stack=maker.name,
        status=Status.error,
        seconds=0.0,
        text=str(error),
        exit_code=ExitCode.FAILED,
    )


def _invalid(file: Path, error: InvalidScenario) -> Outcome:
    first: Problem = error.problems[0]
    return Outcome(
        key=str(file),
        file=str(file),
        title=file.name,
        stack="none",
        status=Status.error,
        seconds=0.0,
        text=str(error),
        place=first.place,
        exit_code=ExitCode.USAGE,
    )
