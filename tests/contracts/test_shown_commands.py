"""Every command that the pages for moderators and operators show can be typed as it is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer

from fynix_cli.main import app
from tests.contracts import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "docs/operations.md",
    *sorted((ROOT / "docs/admin").glob("*.md")),
]


def shown(page: Path) -> Iterator[str]:
    """Lines of shell blocks, and what stands in the column `type` of a table."""
    text = page.read_text()
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language in ("", "sh"):
            lines = block.replace("\\\n", "")
            yield from re.findall(r"^(?:\.venv/bin/)?(fynix .+)$", lines, re.MULTILINE)
    for table in re.findall(r"^\| [\w …]+ \| type \|.*\n((?:\|.*\n)+)", text, re.MULTILINE):
        for row in table.splitlines():
            yield from re.findall(r"`(?:DATABASE_URL=… )?(fynix [^`]+)`", row)


def parse(words: list[str]) -> None:
    """As the shell would hand them over; nothing is run. Raises: what the command line refuses."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("fynix", words)
    while rest := [*context._protected_args, *context.args]:
        _, command, rest = command.resolve_command(context, rest)
        context = command.make_context(command.name, rest, parent=context)


COMMANDS = [pytest.param(it, id=f"{page.name}: {it}") for page in PAGES for it in shown(page)]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_can_be_typed_as_it_is_shown(line: str) -> None:
    # What is in brackets may be typed; a name in capitals stands for an id.
    typed = re.sub(r"\b[A-Z_]*ID\b", str(uuid4()), re.sub(r"[][]", "", line))
    _, *words = shlex.split(typed.split(" >")[0], comments=True)

    parse(words)
