"""Scenario files as pytest collects them, and each scenario as a test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

from fynix_cli.errors import CommandError
from fynix_cli.output import visible
from fynix_cli.pytest_plugin.stage import STAGE
from fynix_cli.scenario.model.problems import InvalidScenario
from fynix_cli.scenario.model.reading import read_script, variants
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.outcome import Outcome, Status
from fynix_cli.scenario.reports.wording import explanation, headline

_WANT_ARGUMENTS = frozenset(
    {"filterwarnings", "fynix_settings", "parametrize", "skipif", "timeout", "usefixtures"}
)
"""Markers that mean something else, and nothing without arguments."""


class ScenarioFile(pytest.File):
    """A file, read. Raises: CollectError, with every problem at its line and column."""

    def collect(self) -> Iterator["ScenarioItem"]:
        try:
            script = read_script(_as_typed(self.path))
        except InvalidScenario as error:
            told = "\n".join(visible(str(it)) for it in error.problems)
            raise self.CollectError(told) from None
        for tag in script.document.tags:
            # Known from here on, for --strict-markers.
            self.config.addinivalue_line("markers", f"{tag}: a tag of scenarios")
        stacks = self.config.stash[STAGE].stacks_of(script)
        for variant in variants(script):
            for stack in stacks:
                name = _name(variant) + (f"[{stack}]" if len(stacks) > 1 else "")
                yield ScenarioItem.from_parent(self, name=name, script=variant, stack=stack)


class ScenarioItem(pytest.Item):
    """A scenario, one choice of its matrix, on one stack."""

    fixturenames = ("fynix_server",)

    def __init__(self, *, script: Script, stack: str, **of_pytest: Any) -> None:
        super().__init__(**of_pytest)
        self.script = script
        self.stack = stack
        for tag in script.document.tags:
            self.extra_keyword_matches.add(tag)
            if tag not in _WANT_ARGUMENTS and not tag.startswith("_"):
                self.add_marker(tag)

    def runtest(self) -> None:
        """Raises: ScenarioFailed, CommandError."""
        outcome = self.config.stash[STAGE].play(self.script, self.stack)
        if outcome.status is Status.skipped:
            pytest.skip(outcome.text)
        if not outcome.is_good:
            raise ScenarioFailed(outcome)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.script.steps[0].place.line - 1, self.name

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **options: Any
    ) -> str | TerminalRepr:
        error = excinfo.value
        if isinstance(error, ScenarioFailed):
            return Told(self.path, error.outcome)
        # The second: of a timeout of pytest's.
        if isinstance(error, CommandError | pytest.fail.Exception):
            return visible(f"{self.script.file}: {error}")
        return super().repr_failure(excinfo, *args, **options)


class ScenarioFailed(Exception):
    """It is not all as the scenario says, or it could not be played to its end."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class Told(TerminalRepr):
    """Why, as `fynix scenario run` tells it."""

    def __init__(self, path: Path, outcome: Outcome) -> None:
        text = "\n".join([headline(outcome), *explanation(outcome)])
        self._lines = [visible(it) for it in text.split("\n")]
        line = outcome.place.line if outcome.place is not None else 1
        # What pytest shows of it in its summary, and puts into JUnit's message.
        first = visible(outcome.text.split("\n")[0])
        self.reprcrash = ReprFileLocation(str(path), line, first)

    def toterminal(self, tw: TerminalWriter) -> None:
        for line in self._lines:
            tw.line(line)


def _as_typed(path: Path) -> Path:
    """As one would name it from here, as far as that is shorter."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _name(script: Script) -> str:
    """Its title as pytest writes ids, so that the bare name stands for all choices."""
    chosen = ", ".join(f"{name}={value}" for name, value in script.choices.items())
    name = str(script.document.name).replace("::", ":") + (f"[{chosen}]" if chosen else "")
    return visible(name)
