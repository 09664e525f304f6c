"""The help of every group is whole on a terminal of 80 columns."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from fynix_cli.main import COMMANDS, SECTIONS, app, run


def groups(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of a group, and of those below it."""
    yield words
    context = group.make_context("fynix", ["a command"])
    for name in group.commands:
        _, command, _ = group.resolve_command(context, [name])
        if hasattr(command, "commands"):
            yield from groups(command, (*words, name))


@pytest.mark.parametrize("words", [*groups(typer.main.get_command(app))], ids=" ".join)
def test_a_list_of_commands_says_each_whole_in_eighty_columns(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    run([*words, "--help"])

    said = capsys.readouterr().out
    assert "Commands:" in said or not words
    assert [line for line in said.splitlines() if "..." in line or len(line) > 80] == [
        said.splitlines()[0]
    ]


def test_every_command_stands_below_one_heading_of_the_help() -> None:
    assert sorted(itertools.chain(*SECTIONS.values())) == sorted(COMMANDS)
