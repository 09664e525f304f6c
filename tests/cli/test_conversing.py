"""The commands against a running server, as a person at a terminal uses them."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from fynix_cli.client.tokens import TokenPair
from fynix_cli.exit_codes import ExitCode
from fynix_cli.profiles import Profiles, ProfileTokens
from tests.cli.conftest import logged_in
from tests.cli.terminal import DEADLINE_SECONDS, Terminal
from tests.people import Api
from tests.staff import promoted


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where bob and then alice have logged in."""
    async with logged_in(api, tmp_path, monkeypatch, ("bob", "alice")) as terminal:
        yield terminal


async def test_what_alice_sends_is_shown_by_bobs_tail_which_stays_bobs(terminal: Terminal) -> None:
    tail = await terminal.tail("--as", "bob", "--type", "new_message")

    await terminal.run("send", "bob", "hello")
    line = await tail.line()

    assert line.endswith(" alice: hello")


async def test_a_tail_stays_the_person_it_began_as(terminal: Terminal) -> None:
    await terminal.run("login", "bob")
    tail = await terminal.tail("--type", "new_message")
    await terminal.run("login", "alice")

    await terminal.run("send", "bob", "still there?")
    await terminal.run("logout", "--as", "bob")
    code = await tail.exit_code()

    assert code == ExitCode.NOT_ALLOWED


async def test_a_file_of_lines_arrives_in_its_order_and_exactly(
    terminal: Terminal, tmp_path: Path
) -> None:
    lines = [
        "שלום, עולם",
        "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 👍🏽",
        "e\u0301 \u2028 tab\there",
        "  spaces  ",
    ]
    file = tmp_path / "lines.txt"
    file.write_text("\n\n".join(lines) + "\r\n", encoding="utf-8", newline="")

    await terminal.run("send", "bob", "--file", str(file))
    shown = await terminal.run("messages", "alice", "--as", "bob", "-o", "jsonl")

    assert [json.loads(line)["content"] for line in shown.out.split("\n") if line] == lines


async def test_all_of_stdin_is_one_message(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "-", stdin="one\ntwo\n")
    shown = await terminal.run("messages", "bob", "-o", "json")

    assert [message["content"] for message in json.loads(shown.out)] == ["one\ntwo"]


async def test_an_escape_sequence_is_shown_as_a_picture(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "\x1b[2Jboo\n12:00:00 bob: forged")
    shown = await terminal.run("messages", "bob")

    assert "\x1b" not in shown.out
    assert "␛[2Jboo␊12:00:00 bob: forged" in shown.out
    assert shown.out.count("\n") == 1


async def test_messages_are_paged_back_by_seq(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("\n".join(str(number) for number in range(1, 11)))
    await terminal.run("send", "bob", "--file", str(file))

    newest = await terminal.rows("messages", "bob", "--limit", "3")
    older = await terminal.rows(
        "messages", "bob", "--limit", "3", "--before-seq", str(newest[0]["seq"])
    )

    assert [row["content"] for row in newest] == ["8", "9", "10"]
    assert [row["content"] for row in older] == ["5", "6", "7"]


async def test_reading_leaves_nothing_unread(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "hello")
    before = await terminal.rows("conversations", "--as", "bob")

    await terminal.run("read", "alice", "--as", "bob")
    after = await terminal.rows("conversations", "--as", "bob")

    assert [row["unread_count"] for row in before] == [1]
    assert [row["unread_count"] for row in after] == [0]


async def test_interrupted_amid_a_file_it_says_how_many_were_sent(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("".join(f"line {number}\n" for number in range(40)))

    sending = await terminal.start("send", "bob", "--file", str(file))
    assert sending.stderr is not None
    limited = await asyncio.wait_for(sending.stderr.readline(), DEADLINE_SECONDS)
    sending.send_signal(signal.SIGINT)
    _, told = await asyncio.wait_for(sending.communicate(), DEADLINE_SECONDS)

    assert limited.startswith(b"Rate limit reached")
    assert told.decode() == "Interrupted: sent 30 of 40, and maybe the one after.\n"
    assert sending.returncode == ExitCode.INTERRUPTED


async def test_a_message_says_what_it_was_edited_to(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "see you at nine")
    message_id = str((await terminal.rows("messages", "bob"))[0]["id"])

    told = await terminal.run("edit", "bob", message_id, "see you at ten")
    as_json = await terminal.run("edit", "bob", message_id, "-", "-o", "json", stdin="at noon\n")
    await terminal.run(
        *("edit", "alice", message_id, "x", "--as", "bob"), expect=ExitCode.NOT_ALLOWED
    )
    await terminal.run("edit", "bob", str(uuid4()), "x", expect=ExitCode.NOT_FOUND)
    await terminal.run("edit", "bob", "not-an-id", "x", expect=ExitCode.USAGE)

    (shown,) = await terminal.rows("messages", "alice", "--as", "bob")
    assert (told.out, told.err) == ("", f"Edited message {message_id}.\n")
    assert json.loads(as_json.out)["content"] == shown["content"] == "at noon"
    assert shown["edited_at"] is not None


async def test_a_message_is_deleted_only_with_a_yes(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "oops")
    message_id = str((await terminal.rows("messages", "bob"))[0]["id"])

    dry = await terminal.run("delete", "bob", message_id, "--dry-run")
    unasked = await terminal.run("delete", "bob", message_id, expect=ExitCode.USAGE)
    kept = await terminal.rows("messages", "bob")
    await terminal.run("delete", "bob", message_id, "--yes")
    left = await terminal.rows("messages", "bob")

    assert "oops" in dry.err
    assert "--yes" in unasked.err
    assert len(kept) == 1
    assert left == []


async def test_the_exit_code_says_what_is_wrong(terminal: Terminal) -> None:
    await terminal.run("send", "bob", "hello")
    message_id = str((await terminal.rows("messages", "bob"))[0]["id"])
    expected = {
        ("send", "nobody", "hello"): ExitCode.NOT_FOUND,
        ("send", str(uuid4()), "hello"): ExitCode.NOT_FOUND,
        ("send", "alice", "to myself"): ExitCode.FAILED,
        ("send", "bob", " "): ExitCode.FAILED,
        ("messages", "nobody"): ExitCode.NOT_FOUND,
        ("delete", "alice", message_id, "--yes", "--as", "bob"): ExitCode.NOT_ALLOWED,
        ("delete", "bob", str(uuid4()), "--yes"): ExitCode.NOT_FOUND,
        ("delete", "bob", "not-an-id", "--yes"): ExitCode.USAGE,
        ("login", "bob", "--register"): ExitCode.CONFLICT,
        ("whoami", "--as", "carol"): ExitCode.NOT_ALLOWED,
        ("tail", "--type", "weather"): ExitCode.USAGE,
    }

    for arguments, code in expected.items():
        answer = await terminal.run(*arguments, expect=code)
        assert answer.err.startswith("fynix: "), arguments
        assert answer.out == "", arguments


async def test_a_wrong_password_is_exit_code_4_and_keeps_the_login(terminal: Terminal) -> None:
    wrong = await terminal.run(
        "login", "alice", "--password-stdin", stdin="wrong horse\n", expect=ExitCode.NOT_ALLOWED
    )
    still = await terminal.run("whoami", "-o", "json")

    assert "wrong horse" not in wrong.err
    assert json.loads(still.out)["username"] == "alice"


async def test_past_the_rate_limit_no_wait_stops_and_says_how_far_it_came(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("\n".join(str(number) for number in range(40)))

    answer = await terminal.run(
        "send", "bob", "--file", str(file), "--no-wait", expect=ExitCode.RATE_LIMITED
    )

    assert "sent 30 of 40" in answer.err


async def test_expired_tokens_are_renewed_once_by_commands_that_run_at_once(
    terminal: Terminal,
) -> None:
    tokens = ProfileTokens(Profiles(), "alice")
    stale = tokens.load()
    assert stale is not None
    tokens.save(TokenPair("expired", stale.refresh_token))

    # A second use of the refresh token would end the session, and one of these would exit 4.
    answers = await asyncio.gather(*(terminal.run_process("whoami") for _ in range(4)))

    renewed = tokens.load()
    assert [answer.code for answer in answers] == [ExitCode.OK] * 4
    assert renewed is not None
    assert renewed.refresh_token != stale.refresh_token


async def test_after_a_logout_the_login_holds_no_longer(terminal: Terminal) -> None:
    await terminal.run("logout")

    answer = await terminal.run("send", "bob", "hello", expect=ExitCode.NOT_ALLOWED)

    assert "--as bob" in answer.err


async def test_a_login_that_is_not_the_latest_is_ended_by_its_name(terminal: Terminal) -> None:
    assert "Logged out bob." in (await terminal.run("logout", "bob")).err

    await terminal.run("logout", "bob", "--as", "alice", expect=ExitCode.USAGE)
    gone = await terminal.run("whoami", "--as", "bob", expect=ExitCode.NOT_ALLOWED)
    assert "bob" in gone.err
    assert "alice" in (await terminal.run("whoami")).out


async def test_whoever_is_banned_can_forget_their_login(terminal: Terminal, api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob = json.loads((await terminal.run("whoami", "--as", "bob", "-o", "json")).out)
    url = f"/api/admin/users/{bob['id']}/ban"
    assert (await moderator.client.post(url, json={"reason": "spam"})).status_code == 200

    answer = await terminal.run("logout", "bob", expect=ExitCode.NOT_ALLOWED)

    assert "bob is logged out here" in answer.err
    assert "banned" in answer.err
    again = await terminal.run("whoami", "--as", "bob", expect=ExitCode.NOT_ALLOWED)
    assert "banned" not in again.err


async def test_status_needs_no_login(terminal: Terminal) -> None:
    answer = await terminal.run("status", "-o", "json")

    status = json.loads(answer.out)
    assert status["status"] == "ready"
    assert status["version"]
    assert status["latency_ms"] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child")
async def test_an_interrupted_tail_exits_with_130(terminal: Terminal) -> None:
    tail = await terminal.tail()

    tail.interrupt()

    assert await tail.exit_code() == ExitCode.INTERRUPTED
