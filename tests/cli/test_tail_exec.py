"""`fynix tail --exec`: a command for each frame, and what it is told."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.conftest import write_to_bob
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the commands are for a POSIX shell"
)
PAST = ("--since", "all", "--type", "new_message")
FYNIX = f"{shlex.quote(sys.executable)} -c 'from fynix_cli.main import main; main()'"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bob.cursors"


async def test_a_command_gets_each_frame_on_its_stdin_and_in_its_environment(
    terminal: Terminal,
) -> None:
    await write_to_bob(terminal, "one", "two")
    told = (
        "$FYNIX_EVENT_TYPE,$FYNIX_EVENT_SEQ,$FYNIX_EVENT_CONVERSATION_ID,"
        "$FYNIX_EVENT_MESSAGE_ID,$FYNIX_EVENT_SENDER,$FYNIX_EVENT_CONTENT"
    )

    answer = await terminal.run_process(
        "tail", *PAST, "--count", "2", "--exec", f'cat; echo "{told}"'
    )

    assert answer.code == ExitCode.OK
    lines = answer.out.splitlines()
    frames: list[dict[str, Any]] = [json.loads(line) for line in lines[::2]]
    assert [it["message"]["content"] for it in frames] == ["one", "two"]
    for frame, line in zip(frames, lines[1::2], strict=True):
        message = frame["message"]
        assert line == ",".join(
            (
                frame["type"],
                str(frame["seq"]),
                frame["conversation_id"],
                message["id"],
                "alice",
                message["content"],
            )
        )


async def test_what_others_write_is_never_run_by_the_shell(
    terminal: Terminal, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    evil = f"$(touch {trap}) `touch {trap}` \"; touch {trap}; ' ; touch {trap}\n& touch {trap}"
    await write_to_bob(terminal, evil)

    answer = await terminal.run_process(
        "tail", *PAST, "-n", "1", "--exec", 'printf %s "$FYNIX_EVENT_CONTENT"'
    )

    assert answer.out == evil
    assert not trap.exists()


async def test_what_a_frame_lacks_is_empty_in_the_environment_whatever_stood_there(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_EVENT_CONTENT", "of an outer tail")
    await write_to_bob(terminal, "one")
    tail = ("tail", "--since", "all", "--type", "conversation_created", "--count", "1")

    answer = await terminal.run_process(
        *tail, "--exec", 'set -u; echo "$FYNIX_EVENT_TYPE,$FYNIX_EVENT_CONTENT"'
    )

    assert answer.out == "conversation_created,\n"


async def test_within_a_command_fynix_acts_as_the_person_of_the_tail(terminal: Terminal) -> None:
    await write_to_bob(terminal, "one")

    answer = await terminal.run_process(
        *("tail", *PAST, "-n", "1", "--as", "alice", "--exec", f"{FYNIX} whoami -o jsonl")
    )

    assert json.loads(answer.out)["username"] == "alice"


async def test_a_command_that_fails_ends_the_tail_and_gets_its_frame_again(
    terminal: Terminal, path: Path
) -> None:
    await write_to_bob(terminal, "one", "two")
    tail = ("tail", *PAST, "--cursor-file", str(path))
    wants_one = 'echo "$FYNIX_EVENT_CONTENT"; test "$FYNIX_EVENT_CONTENT" = one'

    failed = await terminal.run_process(*tail, "--exec", wants_one)
    again = await terminal.run_process(*tail, "--count", "1", "--exec", "cat")

    assert failed.code == ExitCode.FAILED
    assert failed.out == "one\ntwo\n"
    assert "it exited with 1" in failed.err
    assert json.loads(again.out)["message"]["content"] == "two"


async def test_a_command_ends_with_the_tail_and_gets_its_frame_again(
    terminal: Terminal, path: Path
) -> None:
    arguments = ("--type", "new_message", "--cursor-file", str(path))
    tail = await terminal.tail(*arguments, "--exec", "echo begun; exec sleep 1000")
    await write_to_bob(terminal, "one")
    begun = await tail.line()

    tail.interrupt()

    # All who could write into the pipe are gone when it ends.
    assert await tail.rest() == ""
    assert await tail.exit_code() == ExitCode.INTERRUPTED
    assert begun == "begun"
    again = await terminal.run("tail", *arguments, "--count", "1", "--format", "{message.content}")
    assert again.out == "one\n"


async def test_what_the_shell_has_begun_ends_with_the_tail(terminal: Terminal) -> None:
    tail = await terminal.tail("--type", "new_message", "--exec", "echo begun; sleep 20; true")
    await write_to_bob(terminal, "one")
    begun = await tail.line()

    tail.process.terminate()

    # The sleep holds the pipe, too: only when it is gone is there an end of it.
    assert await tail.rest() == ""
    assert await tail.exit_code() == ExitCode.INTERRUPTED
    assert begun == "begun"
