"""What a shell that completes a line is told, in bash, zsh and fish."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fynix_cli.main import COMMANDS, run
from fynix_cli.reference.tree import Entry, Parameter, entries

SHELLS = ("bash", "zsh", "fish")
ENTRIES = list(entries())
HEAVY = {"quart", "sqlalchemy", "hypercorn", "redis", "httpx", "websockets", "rich", "textual"}
_MAIN = "from fynix_cli.main import main; main()"


def asking(shell: str, *words: str) -> dict[str, str]:
    """The variables by which that shell asks, when Tab is typed at the end of the last word."""
    return {
        "_FYNIX_COMPLETE": f"complete_{shell}",
        # Bash tells by these, the others by those.
        "COMP_WORDS": "\n".join(("fynix", *words)),
        "COMP_CWORD": str(len(words)),
        "_TYPER_COMPLETE_ARGS": " ".join(("fynix", *words)),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }


def ask(shell: str, *words: str, flags: tuple[str, ...] = ()) -> str:
    """What `fynix` answers to that shell."""
    answer = subprocess.run(
        [sys.executable, *flags, "-c", _MAIN],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, **asking(shell, *words)},
        stdin=subprocess.DEVNULL,
    )
    return answer.stderr if flags else answer.stdout


def offered(shell: str, *words: str) -> list[str]:
    """The words that it offers, without what the shell shows beside them."""
    lines = ask(shell, *words).strip().removesuffix("))'").splitlines()
    if shell == "fish":
        return [line.partition("\t")[0] for line in lines]
    if shell == "zsh":
        return [line.removeprefix("_arguments '*: :((").split('"')[1] for line in lines]
    return lines


@pytest.fixture
def offered_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Bash's `offered` in this process: there are hundreds of options, and their process is one."""

    def offered_to_bash(*words: str) -> list[str]:
        for variable, value in asking("bash", *words).items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(SystemExit):
            run([])
        return capsys.readouterr().out.strip().splitlines()

    return offered_to_bash


def name(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.path.split(" ")[1:])


@pytest.fixture
def logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a machine where alice and bob are logged in."""
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(tmp_path))
    someone = dict.fromkeys(("server", "username", "user_id", "access_token", "refresh_token"), "x")
    path = tmp_path / "profiles.json"
    path.write_text(json.dumps({"current": "bob", "profiles": {"alice": someone, "bob": someone}}))
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_offered(shell: str) -> None:
    assert offered(shell, "") == list(COMMANDS)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("mess",), ["messages"]),
        (("session", ""), ["list", "revoke"]),
        (("bench", "fl"), ["flood"]),
        (("send", "--no"), ["--no-wait"]),
        (("tail", "--output", ""), ["text", "jsonl"]),
        (("tail", "-o", "j"), ["jsonl"]),
        (("tail", "--type", "mess"), ["message_updated", "message_deleted", "message_read"]),
        (
            ("wait", "participant"),
            ["participant_added", "participant_updated", "participant_removed"],
        ),
        (("wait", "new_message", "--ti"), ["--timeout"]),
        (("user", "create", "--role", ""), ["user", "moderator", "admin"]),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
def test_what_begins_so_is_offered(shell: str, words: tuple[str, ...], found: list[str]) -> None:
    assert offered(shell, *words) == found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_every_option_of_every_command_is_offered(
    entry: Entry, offered_here: Callable[..., list[str]]
) -> None:
    long_names = [option.names.split(" ")[-1] for option in entry.options]

    assert set(long_names) <= set(offered_here(*name(entry), "--"))


@pytest.mark.parametrize(
    ("entry", "option"),
    [
        pytest.param(entry, option, id=f"{entry.path} {option.names}")
        for entry in ENTRIES
        for option in entry.options
        if option.choices and not entry.path.startswith("fynix bench")
    ],
)
def test_every_value_of_an_option_that_has_few_is_offered(
    entry: Entry, option: Parameter, offered_here: Callable[..., list[str]]
) -> None:
    long_name = option.names.split(" ")[-1]

    assert offered_here(*name(entry), long_name, "") == list(option.choices)


def test_it_is_installed_by_fynix_itself_and_by_none_of_its_commands() -> None:
    installing = [
        entry.path
        for entry in ENTRIES
        if any(option.names == "--install-completion" for option in entry.options)
    ]

    assert installing == ["fynix"]


def test_bash_which_makes_three_words_of_an_option_with_its_value_is_understood() -> None:
    assert offered("bash", "tail", "--output", "=") == ["text", "jsonl"]
    assert offered("bash", "tail", "--output", "=", "j") == ["jsonl"]
    assert offered("bash", "tail", "--output", "=", "jsonl", "--ty") == ["--type"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.usefixtures("logins")
def test_the_logins_of_this_machine_are_offered(shell: str) -> None:
    assert offered(shell, "tail", "--as", "") == ["alice", "bob"]
    assert offered(shell, "send", "--as", "b") == ["bob"]


@pytest.mark.parametrize("damage", ["nothing", "no JSON"])
def test_where_no_login_can_be_read_none_is_offered_and_nothing_is_said(
    logins: Path, damage: str
) -> None:
    if damage == "nothing":
        logins.unlink()
    else:
        logins.write_text("{")

    assert ask("bash", "whoami", "--as", "").strip() == ""


def test_an_option_that_would_do_something_does_nothing_while_a_line_is_completed() -> None:
    assert offered("bash", "--version", "mess") == ["messages"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "words",
    [
        ("",),
        ("tail", "--"),
        ("tail", "--as", ""),
        ("bench", "send", "--"),
        ("serve", "--stack", ""),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("logins")
def test_completing_loads_nothing_heavy(shell: str, words: tuple[str, ...]) -> None:
    told = ask(shell, *words, flags=("-X", "importtime"))

    imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "typer" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_the_shell_is_shown_by_its_name(shell: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _MAIN],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "_FYNIX_COMPLETE": f"source_{shell}"},
    )

    assert f"complete_{shell}" in answer.stdout
    assert "_FYNIX_COMPLETE" in answer.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_itself_completes_by_the_script_that_it_is_shown(tmp_path: Path) -> None:
    program = tmp_path / "fynix"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{_MAIN}" "$@"\n')
    program.chmod(0o755)
    script = """
        eval "$(fynix --show-completion)"
        tab() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fynix_completion fynix; }
        tab fynix tail --output ""; echo "${COMPREPLY[@]}"
        tab fynix mess; echo "${COMPREPLY[@]}"
        complete -p fynix
    """

    answer = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )

    assert answer.stdout.splitlines() == [
        "text jsonl",
        "messages",
        "complete -o default -F _fynix_completion fynix",
    ]
