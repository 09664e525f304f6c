"""What commands print: data on stdout as a table, JSON or JSON lines; talk on stderr."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

JsonObject = Mapping[str, Any]
GAP_COLUMNS = 2
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d\s\d\d:\d\d:\d\d")


class OutputFormat(StrEnum):
    """`table`: for eyes; tab-separated where stdout is no terminal."""

    table = "table"
    json = "json"
    jsonl = "jsonl"


class TailFormat(StrEnum):
    text = "text"
    jsonl = "jsonl"


def print_rows(
    rows: Sequence[JsonObject], columns: Sequence[str], output: OutputFormat, empty: str
) -> None:
    """Print a list. A table shows `columns` only; JSON carries all of each row.

    `empty` is said on stderr when there is nothing to show in a table.
    """
    if output is OutputFormat.json:
        emit(to_json(list(rows), indent=2))
    elif output is OutputFormat.jsonl:
        for row in rows:
            print_json_line(row)
    elif not rows:
        talk(empty)
    elif sys.stdout.isatty():
        _print_table(rows, columns)
    else:
        for row in rows:
            emit("\t".join(_field(row, column) for column in columns))


def print_object(item: JsonObject, output: OutputFormat) -> None:
    """Print one thing: a line for each of its fields, or one JSON object."""
    if output is OutputFormat.table:
        for key in item:
            emit(f"{key}\t{_field(item, key)}")
    else:
        emit(to_json(item, indent=2 if output is OutputFormat.json else None))


def emit(line: str) -> None:
    """Print a line of data, at once, for a reader at the other end of a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_json_line(item: JsonObject) -> None:
    emit(to_json(item))


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON that is safe to show: what `visible` hides and JSON may hold bare is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _BARE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def visible(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey.

    Other people write what is shown here: an escape sequence could rewrite the screen, and a
    line break could forge a line of someone else's. Each becomes its visible picture.
    """
    return text.translate(_PICTURES)


def local_clock(moment: datetime | None = None) -> str:
    """The time of day at this machine; None: now."""
    return (moment or datetime.now(UTC)).astimezone().strftime("%H:%M:%S")


def local_time(moment: datetime | None) -> str | None:
    """Date and time of day at this machine."""
    return None if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def talk(text: str) -> None:
    """Say something to the person, not to the pipe."""
    sys.stderr.write(visible(text) + "\n")
    sys.stderr.flush()


@contextmanager
def progress(
    description: str, total: int, *, is_wanted: bool = True
) -> Iterator[Callable[[int], None]]:
    """A callable that counts so many steps. Draws a bar, only where stderr is a terminal."""
    if not is_wanted or not sys.stderr.isatty():
        yield lambda count: None
        return
    # Rich takes a tenth of a second to import; whoever pipes need not wait for it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)


def _print_table(rows: Iterable[JsonObject], columns: Sequence[str]) -> None:
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = [column.replace("_", " ") for column in columns]
    lines = [[_field(row, column) for column in columns] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(headings, *lines, strict=True)]
    if sum(widths) + GAP_COLUMNS * (len(widths) - 1) > console.width:
        lines = [[_divided(cell) for cell in line] for line in lines]
    for index, column in enumerate(columns):
        # An id that is cut cannot be copied into the next command; a date could not be read.
        whole = column == "id" or column.endswith("_id")
        whole = whole or any(_MOMENT.fullmatch(line[index]) for line in lines)
        table.add_column(headings[index], no_wrap=whole, overflow="fold")
    for line in lines:
        # Text, not str: rich would read [brackets] in a message as its own markup.
        table.add_row(*map(Text, line))
    console.print(table)


def _divided(cell: str) -> str:
    """A moment in two lines, the date above the time: so there is room for the rest."""
    return cell.replace(" ", "\n") if _MOMENT.fullmatch(cell) else cell


def _field(row: JsonObject, name: str) -> str:
    """A moment, which is known by the name of its field, in the time of this machine."""
    value = row.get(name)
    if isinstance(value, str) and name.endswith(("_at", "until")):
        with suppress(ValueError):
            value = local_time(datetime.fromisoformat(value))
    return _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{visible(str(key))} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    return visible(str(value))


def _control_pictures() -> dict[int, str]:
    # U+2400 to U+241F are the pictures of C0 in order; C1 has none.
    pictures = {code: chr(0x2400 + code) for code in range(0x20)}
    pictures[0x7F] = "\u2421"
    pictures.update(dict.fromkeys(range(0x80, 0xA0), "\ufffd"))
    # Line and paragraph separators, and marks that reorder what surrounds the message.
    reordering = (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    pictures.update(dict.fromkeys(reordering, "\ufffd"))
    return pictures


_PICTURES = _control_pictures()
_BARE_IN_JSON = re.compile(f"[{re.escape(''.join(chr(it) for it in _PICTURES if it >= 0x7F))}]")
