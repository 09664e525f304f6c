"""What is printed: safe on a terminal, parseable in a pipe."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from fynix_cli.output import OutputFormat, print_object, print_rows, to_json, visible

ROWS = [
    {"id": 1, "name": "alice", "is_on": True, "more": None},
    {"id": 2, "name": "b\tob\n", "is_on": False, "more": ["x", "y"]},
]
COLUMNS = ("id", "name", "is_on", "more")


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "a\nb", "a\bb", "\x7f", "\u202egnp.exe"],
    ids=repr,
)
def test_nothing_that_a_terminal_obeys_is_left_in_shown_text(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert len(shown) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "שלום, עולם",
        "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 👍🏽",
        "ประเทศไทย",
        "e\u0301",
        "[bold]x[/bold]",
    ],
)
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_json_holds_nothing_bare_that_a_terminal_obeys_and_still_means_the_same() -> None:
    value = {"content": "\x1b[31m \x9b31m \x7f \u202egnp.exe\u2069 a\u2028b \u00e9 שלום"}

    text = to_json(value)

    assert visible(text) == text
    assert "שלום" in text
    assert json.loads(text) == value


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is nine hours ahead of UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_moment_is_in_the_time_of_this_machine_in_a_table_and_as_it_came_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    item = {"created_at": "2026-11-29T20:00:00Z", "until": None, "name": "2026-11-29T20:00:00Z"}

    print_object(item, OutputFormat.table)
    assert capsys.readouterr().out.splitlines() == [
        "created_at\t2026-11-30 05:00:00",
        "until\t",
        "name\t2026-11-29T20:00:00Z",
    ]
    print_object(item, OutputFormat.json)
    assert json.loads(capsys.readouterr().out) == item


def test_a_piped_table_is_one_line_a_row_with_tabs_between(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows(ROWS, COLUMNS, OutputFormat.table, "none")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1\talice\tyes\t"
    assert lines[1].split("\t") == ["2", "b␉ob␊", "no", "x, y"]


def test_json_is_one_array_and_jsonl_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, OutputFormat.json, "none")
    as_json = capsys.readouterr().out
    print_rows(ROWS, COLUMNS, OutputFormat.jsonl, "none")
    as_lines = capsys.readouterr().out

    assert json.loads(as_json) == ROWS
    assert [json.loads(line) for line in as_lines.splitlines()] == ROWS


def test_an_empty_list_is_said_on_stderr_and_is_an_empty_array_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows([], COLUMNS, OutputFormat.table, "No messages.")
    as_table = capsys.readouterr()
    print_rows([], COLUMNS, OutputFormat.json, "No messages.")
    as_json = capsys.readouterr()

    assert (as_table.out, as_table.err) == ("", "No messages.\n")
    assert (json.loads(as_json.out), as_json.err) == ([], "")


def test_one_thing_is_a_line_for_each_field(capsys: pytest.CaptureFixture[str]) -> None:
    print_object({"username": "alice", "role": "user"}, OutputFormat.table)

    assert capsys.readouterr().out == "username\talice\nrole\tuser\n"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_neither_a_date_nor_an_id_is_broken_in_a_table(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    row = {
        "id": "01a22a31-d70e-7590-9cb5-e4728ea2fad1",
        "with": "somebody",
        "when": "2026-11-30 02:03:59",
        "last_message": "a message that is as long as messages are",
    }

    print_rows([row, {**row, "when": None}], tuple(row), OutputFormat.table, "None.")

    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert row["id"] in shown
    assert "2026-11-30" in shown
    assert "02:03:59" in shown
    assert ("2026-11-30 02:03:59" in shown) == (columns == 200)
    assert max(map(len, shown.splitlines())) <= columns
