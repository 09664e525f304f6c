"""The command line as a whole: what it imports, how it fails, what it completes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode, exit_code_of_status
from fynix_cli.main import COMMANDS, run
from fynix_cli.server_failures import server_failure
from fynix_server import errors
from fynix_server.settings import SettingsError

SERVER_LIBRARIES = ("quart", "sqlalchemy", "hypercorn", "redis", "pydantic_settings")
CLIENT_LIBRARIES = ("httpx", "websockets", "rich", "textual", "platformdirs")
FULL_DISK = Path("/dev/full")
NOBODY_LISTENS = "http://127.0.0.1:9"


def fynix(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from fynix_cli.main import main; main()", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *([name, "--help"] for name in ("send", "tail", "wait", "login", "messages", "status")),
        *([name, "--help"] for name in ("chat", "demo", "doctor", "top", "scenario")),
    ],
    ids=" ".join,
)
def test_help_imports_neither_the_server_nor_a_client(arguments: list[str]) -> None:
    answer = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-c",
            "from fynix_cli.main import main; main()",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "typer" in imported
    assert not imported.intersection(SERVER_LIBRARIES + CLIENT_LIBRARIES)


def test_the_list_of_commands_takes_less_than_twice_as_long_as_typer_alone() -> None:
    def fastest(*command: str) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], capture_output=True, check=True, timeout=30)
            times.append(time.perf_counter() - began)
        return min(times)

    typer_alone = fastest("-c", "import typer")
    help_page = fastest("-c", "from fynix_cli.main import main; main()", "--help")

    assert help_page < 2 * typer_alone


def test_help_lists_every_command_with_its_line() -> None:
    answer = fynix("--help")

    for name, command in COMMANDS.items():
        assert f"  {name} " in answer.stdout
        assert command.help in answer.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_shows_its_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run([name, "--help"])

    assert code == ExitCode.OK
    assert f"Usage: fynix {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        "login",
        "logout",
        "whoami",
        "send",
        "tail",
        "wait",
        "chat",
        "conversations",
        "messages",
        "read",
        "delete",
        "status",
        "demo",
        "doctor",
        "top",
    ],
)
def test_the_help_of_a_command_has_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([name, "--help"])

    _, _, examples = capsys.readouterr().out.partition("Examples:\n")
    assert f"    fynix {name}" in examples


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code = run([])

    assert code == ExitCode.OK
    assert "Run a server:" in capsys.readouterr().out


def test_a_mistyped_command_is_a_usage_error_with_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(["sned", "bob", "hello"])

    assert code == ExitCode.USAGE
    assert "Did you mean 'send'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["send"],
        ["send", "bob"],
        ["send", "bob", "text", "--file", "x"],
        ["messages"],
        ["messages", "bob", "--limit", "0"],
        ["status", "--what"],
        ["login", "a", "--display-name", "A"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_where_the_help_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(arguments)

    shown = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert shown.out == ""
    assert f"fynix {arguments[0]} --help" in shown.err


def test_choices_that_a_command_lacks_are_listed_on_one_line() -> None:
    answer = fynix("wait")

    assert answer.returncode == ExitCode.USAGE
    assert "Choose from: new_message, message_updated," in answer.stderr


def test_a_server_that_does_not_answer_is_one_line_and_exit_code_7() -> None:
    answer = fynix("status", "--server", NOBODY_LISTENS)

    assert answer.returncode == ExitCode.UNREACHABLE
    assert answer.stderr.count("\n") == 1
    assert NOBODY_LISTENS in answer.stderr
    assert "fynix serve" in answer.stderr


@pytest.mark.parametrize(
    "url", ["chat.example.com", "ftp://chat.example.com", "http://", "http://a:b"]
)
def test_what_is_no_url_of_a_server_is_said_and_exits_with_2(url: str) -> None:
    answer = fynix("status", "--server", url)

    assert answer.returncode == ExitCode.USAGE
    assert answer.stderr.count("\n") == 1
    assert "http://127.0.0.1:8000" in answer.stderr


@pytest.mark.parametrize("command", [["whoami"], ["send", "bob", "hello"], ["tail"], ["logout"]])
def test_who_is_not_logged_in_is_told_to_and_gets_exit_code_4(
    command: list[str], tmp_path: Path
) -> None:
    answer = fynix(*command, FYNIX_CONFIG_DIR=str(tmp_path))

    assert answer.returncode == ExitCode.NOT_ALLOWED
    assert answer.stderr == "fynix: not logged in; log in with: fynix login NAME\n"


def test_a_traceback_is_shown_only_when_asked_for() -> None:
    plain = fynix("status", "--server", NOBODY_LISTENS)
    debugged = fynix("status", "--server", NOBODY_LISTENS, FYNIX_DEBUG="1")

    assert "Traceback" not in plain.stderr
    assert "Traceback" in debugged.stderr


def test_watching_a_server_loads_neither_a_server_nor_what_draws() -> None:
    script = (
        "import sys; from fynix_cli.main import run; "
        f"run(['top', '--once', '--server', '{NOBODY_LISTENS}']); "
        "print(*sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )

    loaded = set(answer.stdout.split())
    assert "fynix_cli.top.source" in loaded
    assert not loaded.intersection((*SERVER_LIBRARIES, "textual"))


def test_a_reader_that_leaves_early_is_no_error_message() -> None:
    script = "from fynix_cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        errors = process.stderr.read()

    assert errors == b""


@pytest.mark.skipif(not FULL_DISK.exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_one_line_and_exit_code_1() -> None:
    with FULL_DISK.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from fynix_cli.main import main; main()", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )

    assert done.returncode == ExitCode.FAILED
    assert done.stderr == "fynix: cannot write (No space left on device)\n"


def test_the_version_is_shown() -> None:
    assert fynix("--version").stdout.startswith("fynix 0.")


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 1), (401, 4), (403, 4), (404, 3), (409, 5), (429, 6), (500, 1), (503, 7)],
)
def test_a_status_of_the_server_has_its_exit_code(status: int, code: int) -> None:
    assert exit_code_of_status(status) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound("x"), ExitCode.NOT_FOUND),
        (errors.Conflict("x"), ExitCode.CONFLICT),
        (errors.SessionRevoked("x"), ExitCode.NOT_ALLOWED),
        (errors.Unavailable("x"), ExitCode.UNREACHABLE),
        (errors.InvalidInput("x"), ExitCode.FAILED),
        (SettingsError("x"), ExitCode.FAILED),
        (ValueError("x"), None),
    ],
    ids=repr,
)
def test_an_error_of_the_server_in_this_process_has_its_exit_code(
    error: Exception, code: ExitCode | None
) -> None:
    assert server_failure(error) == code
