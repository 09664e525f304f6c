"""Telling at the terminal what is played, and what came of it."""

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, print_json_line, talk, to_json, visible
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.journal import Entry
from fynix_cli.scenario.playing.outcome import Outcome, Status
from fynix_cli.scenario.reports.columns import Columns
from fynix_cli.scenario.reports.files import as_json
from fynix_cli.scenario.reports.wording import explanation, headline
from fynix_cli.scenario.servers.makers import WorldMaker

_STYLES = {
    Status.passed: "green",
    Status.failed: "bold red",
    Status.error: "bold red",
    Status.skipped: "dim",
}
_WORDS = {
    Status.passed: "ok",
    Status.failed: "FAILED",
    Status.error: "ERROR",
    Status.skipped: "skipped",
}


class _Pipe(Console):
    """Of which the end is told as of every other output: rich would end the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class ConsoleReport:
    """Collects outcomes, and prints each as it comes. `is_talkative`: with what people say,
    each in a column of their own, on stderr."""

    def __init__(self, output: OutputFormat, *, is_talkative: bool) -> None:
        self.outcomes: list[Outcome] = []
        self._output = output
        self._is_talkative = is_talkative
        self._columns: dict[int, Columns] = {}
        self._running: dict[int, tuple[Script, WorldMaker]] = {}
        self._began = time.monotonic()
        self._console = _Pipe(soft_wrap=True, highlight=False, markup=False, emoji=False)

    def begun(self, number: int, script: Script, maker: WorldMaker) -> None:
        self._running[number] = script, maker
        if self._is_talkative:
            self._columns[number] = Columns(script)

    def happened(self, number: int, entry: Entry) -> None:
        columns = self._columns.get(number)
        if columns is not None:
            columns.show(entry)

    def ended(self, number: int, outcome: Outcome) -> None:
        self._columns.pop(number, None)
        del self._running[number]
        self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """One that is known, of a file that could not be read, say."""
        self.outcomes.append(outcome)
        if self._output is OutputFormat.jsonl:
            print_json_line(as_json(outcome))
        elif self._output is OutputFormat.table:
            self._print(outcome)

    def add_interrupted(self) -> None:
        """What was being played when all was told to end."""
        for script, maker in self._running.values():
            code = ExitCode.INTERRUPTED
            outcome = Outcome.of(
                script, maker.name, Status.error, text="interrupted", exit_code=code
            )
            self.add(outcome)
        self._running.clear()

    def finish(self) -> None:
        """The sum of it all."""
        if self._output is OutputFormat.json:
            sys.stdout.write(to_json([as_json(it) for it in self.outcomes], indent=2) + "\n")
        talk(summary(self.outcomes, time.monotonic() - self._began))

    def _print(self, outcome: Outcome) -> None:
        word, style = _WORDS[outcome.status], _STYLES[outcome.status]
        line = Text.assemble((f"{word:7}", style), " ", visible(headline(outcome)))
        if outcome.steps:
            line.append(
                f"  {outcome.steps} step{_s(outcome.steps)}, {outcome.seconds:.2f} s", "dim"
            )
        self._console.print(line)
        if outcome.is_good:
            return
        for text in explanation(outcome):
            for part in text.split("\n"):
                self._console.print(Text("    " + visible(part)))


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """How many of each, in one line."""
    counts = [
        f"{count} {status}{_s(count) if status is Status.error else ''}"
        for status in Status
        if (count := sum(it.status is status for it in outcomes))
    ]
    return f"{', '.join(counts) or 'nothing was played'} in {seconds:.1f} s"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
