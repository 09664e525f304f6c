"""`fynix tail` from the past and across its own ends: --since and --cursor-file."""

import asyncio
import json
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.conftest import write_to_bob
from tests.cli.terminal import DEADLINE_SECONDS, Tail, Terminal
from tests.end_to_end.server_process import fynix
from tests.people import Api

MESSAGES = ("-o", "jsonl", "--type", "new_message")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bob.cursors"


async def contents(tail: Tail, count: int) -> list[str]:
    return [json.loads(await tail.line())["message"]["content"] for _ in range(count)]


async def refused(code: ExitCode, *arguments: str) -> str:
    """The one line that a tail says instead of printing anything; it exits with `code`."""
    # In a process of its own: one that is not refused would run for ever.
    answer = await fynix(os.environ, "tail", *arguments)
    assert answer.code == code, answer
    assert answer.out == ""
    assert answer.err.startswith("fynix: ")
    assert answer.err.count("\n") == 1
    return answer.err


def stored_in(path: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(path.read_text())
    return stored


async def ended(tail: Tail, how: signal.Signals) -> tuple[int, bytes]:
    """Its exit code, and what it printed that was not read yet."""
    tail.process.send_signal(how)
    code = await tail.exit_code()
    assert tail.process.stdout is not None
    return code, await tail.process.stdout.read()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to a child")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_tail_that_was_ended_in_order_goes_on_without_a_gap_or_a_double(
    terminal: Terminal, path: Path, how: signal.Signals
) -> None:
    arguments = (*MESSAGES, "--cursor-file", str(path))
    await write_to_bob(terminal, "before")
    tail = await terminal.tail(*arguments)
    await write_to_bob(terminal, "one", "two")
    first = await contents(tail, 2)
    code, left = await ended(tail, how)
    await write_to_bob(terminal, "three")

    tail = await terminal.tail(*arguments)
    await write_to_bob(terminal, "four")
    second = await contents(tail, 2)
    _, left_again = await ended(tail, how)

    assert first == ["one", "two"]
    assert code == ExitCode.INTERRUPTED
    assert second == ["three", "four"]
    assert left == left_again == b""


async def test_a_file_that_is_missing_is_made_at_once_and_the_tail_begins_now(
    terminal: Terminal, path: Path
) -> None:
    (sent,) = await write_to_bob(terminal, "before")

    await terminal.tail("--cursor-file", str(path))

    assert stored_in(path)["cursors"] == {sent["conversation_id"]: sent["seq"]}


async def test_a_second_tail_of_the_same_file_is_refused(terminal: Terminal, path: Path) -> None:
    await terminal.tail("--cursor-file", str(path))

    line = await refused(ExitCode.FAILED, "--cursor-file", str(path))

    assert line == f"fynix: {path} is in use by another fynix; end that one, or name another file\n"


async def test_the_file_of_another_person_is_refused_and_left_alone(
    terminal: Terminal, path: Path
) -> None:
    await terminal.tail("--cursor-file", str(path), "--as", "alice")
    await terminal.close()
    before = stored_in(path)

    line = await refused(ExitCode.FAILED, "--cursor-file", str(path))

    assert "of another person" in line
    assert stored_in(path) == before


@pytest.mark.parametrize("place", ["file/bob.cursors", "none/bob.cursors", "damaged"])
async def test_a_file_that_cannot_be_used_is_told_in_a_line(
    terminal: Terminal, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "damaged").write_text("{")
    await write_to_bob(terminal, "before")

    line = await refused(ExitCode.FAILED, "--since", "all", "--cursor-file", str(tmp_path / place))

    assert str(tmp_path / place) in line


async def test_since_a_moment_shows_what_followed_and_goes_on_live(terminal: Terminal) -> None:
    sent = await write_to_bob(terminal, "before", "one", "two")

    tail = await terminal.tail(*MESSAGES, "--since", sent[1]["created_at"])
    await write_to_bob(terminal, "three")

    assert await contents(tail, 3) == ["one", "two", "three"]


async def test_since_ever_shows_all_that_this_person_may_read(terminal: Terminal, api: Api) -> None:
    await write_to_bob(terminal, "one")
    carol = await api.register("carol")
    rows = await terminal.rows("conversations")
    await terminal.run("login", "carol")
    await terminal.run("send", "bob", "from carol", "--as", "carol")
    tail = await terminal.tail("-o", "jsonl", "--since", "all", "--as", "bob")

    frames = [json.loads(await tail.line()) for _ in range(4)]

    of_alice = [it for it in frames if it["conversation_id"] == rows[0]["id"]]
    of_carol = [it for it in frames if it["conversation_id"] != rows[0]["id"]]
    for mine in (of_alice, of_carol):
        assert [(it["type"], it["seq"]) for it in mine] == [
            ("conversation_created", 1),
            ("new_message", 2),
        ]
    assert of_carol[1]["message"]["sender_id"] == str(carol.user_id)


async def test_since_with_a_conversation_shows_the_past_of_that_one_only(
    terminal: Terminal, api: Api
) -> None:
    await write_to_bob(terminal, "from alice")
    await api.register("carol")
    await terminal.run("login", "carol")
    await terminal.run("send", "bob", "from carol", "--as", "carol")

    tail = await terminal.tail(
        *MESSAGES, "--since", "all", "--conversation", "alice", "--as", "bob"
    )
    await terminal.run("send", "bob", "more from carol", "--as", "carol")
    await write_to_bob(terminal, "more from alice")

    assert await contents(tail, 2) == ["from alice", "more from alice"]


async def test_where_a_file_is_there_it_says_where_to_begin_and_since_does_not(
    terminal: Terminal, path: Path
) -> None:
    await write_to_bob(terminal, "one")
    arguments = (*MESSAGES, "--since", "all", "--cursor-file", str(path))
    tail = await terminal.tail(*arguments)
    first = await contents(tail, 1)
    tail.interrupt()
    await tail.exit_code()

    tail = await terminal.tail(*arguments)
    await write_to_bob(terminal, "two")

    assert first == ["one"]
    assert await contents(tail, 1) == ["two"]


@pytest.mark.parametrize("when", ["soon", "10", "25:00", "2999-01-01"])
async def test_a_when_that_is_none_is_wrong_usage(when: str) -> None:
    line = await refused(ExitCode.USAGE, "--since", when)

    assert "write it like 10m, 2h" in line


async def test_a_line_that_is_not_of_today_shows_its_date(terminal: Terminal, api: Api) -> None:
    await write_to_bob(terminal, "today")
    # A token that was issued later holds all the same.
    api.clock.advance(-3 * 86_400)
    await write_to_bob(terminal, "three days ago")
    api.clock.advance(3 * 86_400)
    tail = await terminal.tail("--type", "new_message", "--since", "all")

    lines = [await tail.line() for _ in range(2)]

    assert [len(line.split(" alice: ")[0]) for line in lines] == [8, 19]


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes do not tell")
async def test_it_ends_when_its_reader_leaves_and_not_only_at_the_next_line(
    terminal: Terminal, path: Path
) -> None:
    await write_to_bob(terminal, "one")
    main = f"{shlex.quote(sys.executable)} -c 'from fynix_cli.main import main; main()'"
    tail = f"{main} tail {shlex.join(MESSAGES)} --since all --cursor-file {path}"
    # head gets the one line that it wants, and nothing else ever happens.
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", f"{tail} | head -1"), stdout=PIPE, stderr=PIPE
    )

    out, err = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)

    assert json.loads(out)["message"]["content"] == "one"
    assert b"Traceback" not in err


async def test_what_happened_at_an_unknown_time_is_not_said_to_happen_now(
    terminal: Terminal,
) -> None:
    message_id = (await write_to_bob(terminal, "oops", "kept"))[0]["id"]
    await terminal.run("delete", "bob", message_id, "--yes", "--as", "alice")

    tail = await terminal.tail("--since", "all", "--type", "message_deleted")
    # In a replay a deleted message leaves a trace where it stood, and its deletion follows.
    past = [await tail.line(), await tail.line()]
    live_id = (await write_to_bob(terminal, "again"))[0]["id"]
    await terminal.run("delete", "bob", live_id, "--yes", "--as", "alice")
    live = await tail.line()

    assert all(line.startswith("--:--:-- * ") for line in past), past
    assert re.match(r"\d\d:\d\d:\d\d \* alice deleted a message", live)
