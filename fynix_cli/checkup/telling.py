"""How the doctor's lines are shown: part after part on a terminal, as rows elsewhere."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from fynix_cli.checkup.check import Found, State
from fynix_cli.output import OutputFormat, print_json_line, print_rows, talk, visible

COLUMNS = ("part", "name", "state", "found", "mend")
NAME_WIDTH = 24
STYLES = {State.ok: "green", State.warning: "yellow", State.failed: "bold red"}


@dataclass
class Report:
    """All lines so far. On a terminal, and as JSON lines, each part is shown as it is added."""

    output: OutputFormat
    found: list[Found] = field(default_factory=list)

    @property
    def is_for_eyes(self) -> bool:
        return self.output is OutputFormat.table and sys.stdout.isatty()

    def add(self, lines: Sequence[Found]) -> None:
        self.found.extend(lines)
        if self.output is OutputFormat.jsonl:
            for it in lines:
                print_json_line(it.as_row())
        elif self.is_for_eyes:
            _show_part(lines)


def print_report(report: Report) -> None:
    """What was not shown yet, and on stderr how many were well."""
    if report.output is not OutputFormat.jsonl and not report.is_for_eyes:
        print_rows([it.as_row() for it in report.found], COLUMNS, report.output, "")
    counts = Counter(it.state for it in report.found)
    talk(", ".join(_counted(counts[state], state) for state in State if counts[state]))


def _counted(count: int, state: State) -> str:
    return f"{count} {state}s" if state is State.warning and count > 1 else f"{count} {state}"


def _show_part(lines: Sequence[Found]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(width=7, no_wrap=True)
    table.add_column(width=NAME_WIDTH, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for it in lines:
        said = Text(visible(it.found))
        if it.mend is not None:
            said.append(f"\n→ {visible(it.mend)}", style="bold")
        table.add_row(Text(it.state, style=STYLES.get(it.state, "dim")), visible(it.name), said)
    console = Console()
    if lines:
        console.print(Text(lines[0].part, style="bold underline"))
    console.print(table)
