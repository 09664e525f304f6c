"""`fynix block`, `unblock` and `blocks`."""

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.terminal import Terminal
from tests.people import PASSWORD, Api, Person

pytestmark = pytest.mark.parametrize("stack", ["embedded"], indirect=True)


async def test_whom_one_blocks_is_listed_and_cannot_write_until_unblocked(
    terminal: Terminal,
) -> None:
    await terminal.run("send", "alice", "hello", "--as", "bob")

    told = await terminal.run("block", "bob", "--as", "alice")
    rows = await terminal.rows("blocks", "--as", "alice")
    refused = await terminal.run(
        "send", "alice", "and?", "--as", "bob", expect=ExitCode.NOT_ALLOWED
    )
    await terminal.run("unblock", "bob", "--as", "alice")
    await terminal.run("send", "alice", "again", "--as", "bob")
    piped = await terminal.run("blocks", "--as", "alice")

    assert "Blocked bob" in told.err
    assert [it["username"] for it in rows] == ["bob"]
    assert rows[0].keys() == {"user_id", "username", "display_name", "blocked_at"}
    assert "cannot write to this person" in refused.err
    assert (piped.out, piped.err) == ("", "Nobody is blocked.\n")


async def test_what_cannot_be_blocked_is_told_with_its_code(terminal: Terminal) -> None:
    nobody = await terminal.run("block", "nobody-here", expect=ExitCode.NOT_FOUND)
    oneself = await terminal.run("block", "bob", "--as", "bob", expect=ExitCode.FAILED)
    not_blocked = await terminal.run("unblock", "alice", expect=ExitCode.NOT_FOUND)

    assert "nobody called nobody-here" in nobody.err
    assert "cannot block yourself" in oneself.err
    assert "not blocked" in not_blocked.err


async def test_tail_marks_what_the_blocked_write_in_a_group(api: Api, terminal: Terminal) -> None:
    bob = await logged_in_again(api, "bob")
    alice = await logged_in_again(api, "alice")
    group = await bob.group("club", alice)
    await terminal.run("block", "bob", "--as", "alice")
    tail = await terminal.tail("--as", "alice", "--where", "type=new_message")

    await bob.send(group, "hello")

    assert (await tail.line()).endswith("[club] bob (blocked): hello")


async def logged_in_again(api: Api, name: str) -> Person:
    body = {"username": name, "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body)
    return Person(api, api.open_client(), answer.json())
