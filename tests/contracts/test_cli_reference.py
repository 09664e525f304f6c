"""docs/cli.md says what the commands say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.main import COMMANDS, run
from fynix_cli.reference.page import reference, terminal_variables
from fynix_cli.reference.prose import inline, markdown
from tests.contracts import ROOT
from tests.contracts.test_settings_documented import documented

PAGE = ROOT / "docs" / "cli.md"


def section(path: str) -> str:
    """What the page says of a command."""
    _, _, after = PAGE.read_text().partition(f"# {path}\n")
    return re.split(r"^##+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == reference(), "docs/cli.md is out of date; renew it: make reference"


def test_the_page_depends_neither_on_the_terminal_nor_on_the_environment(tmp_path: Path) -> None:
    written = tmp_path / "cli.md"
    elsewhere = {
        "COLUMNS": "20",
        "TERMINAL_WIDTH": "20",
        "FYNIX_SERVER": "http://elsewhere",
        "FYNIX_PROFILE": "somebody",
        "LC_ALL": "C",
        "NO_COLOR": "1",
    }

    subprocess.run(
        [sys.executable, "-m", "fynix_cli.reference", str(written)],
        env={**os.environ, **elsewhere},
        cwd=ROOT,
        check=True,
        timeout=30,
    )

    assert written.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*COMMANDS, "bench send", "user create"])
def test_a_command_has_a_heading_its_usage_and_a_line_in_the_contents(name: str) -> None:
    assert f"\nfynix {name} [OPTIONS]" in section(f"fynix {name}")
    assert f"| [fynix {name}](#fynix-{name.replace(' ', '-')}) | " in PAGE.read_text()


def test_a_command_is_told_whole() -> None:
    told = section("fynix send")

    assert "```text\nfynix send [OPTIONS] TARGET [TEXT]\n```" in told
    assert "Send a message, or a file of them." in told
    assert 'Examples:\n\n```sh\nfynix send bob "hello"\n' in told
    assert "| `TARGET` | A username, a user id or a conversation id. |" in told
    assert "| `-f, --file PATH` | Send each line that is not blank; - for stdin. |" in told
    assert "| `--as NAME` | Act as this login. | the latest one | `FYNIX_PROFILE` |" in told
    assert "One of `table`, `json`, `jsonl`. | table |" in told
    assert "| At most so many. 1 to 10000. | 50 |" in section("fynix messages")


def test_every_exit_code_is_on_the_page_and_in_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["--help"])

    _, _, codes = capsys.readouterr().out.partition("Exit codes:")
    for code in ExitCode:
        assert f"| {int(code)} | {code.meaning} |" in PAGE.read_text()
        assert re.search(rf"\b{int(code)} [a-z]", codes)


def test_every_variable_that_the_commands_name_is_on_the_page_or_a_setting() -> None:
    sources = [path.read_text() for path in (ROOT / "fynix_cli").rglob("*.py")]
    named = {it for text in sources for it in re.findall(r'"(FYNIX_[A-Z_]+)"', text)}

    assert named <= terminal_variables().keys() | documented().keys()
    assert all(f"| `{name}` | " in PAGE.read_text() for name in terminal_variables())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("with --yes, or -o jsonl", "with `--yes`, or `-o jsonl`"),
        ("--cursor-file FILE is kept", "`--cursor-file FILE` is kept"),
        ("as `fynix serve` does", "as `fynix serve` does"),
        ("FYNIX_DEBUG=1 and new_message", "`FYNIX_DEBUG=1` and `new_message`"),
        ("a kill -9, a well-known a-z", "a kill -9, a well-known a-z"),
        ("[a] *b* <c> \\d", "\\[a\\] \\*b\\* \\<c> \\\\d"),
    ],
)
def test_names_in_a_text_are_code_and_nothing_else_is_markup(text: str, told: str) -> None:
    assert inline(text) == told


def test_what_is_indented_in_a_block_of_lines_is_code() -> None:
    told = markdown("One\nline.\n\n\b\nExamples:\n  fynix a\n    b\nAfter.\n\nLast.")

    assert told == "One\nline.\n\nExamples:\n\n```sh\nfynix a\n  b\n```\n\nAfter.\n\nLast."
