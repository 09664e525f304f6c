"""`fynix conversation`: the people of a group, through a server."""

import json
import re
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.pseudo_terminal import in_pty
from tests.cli.terminal import Terminal
from tests.people import PASSWORD, Api, Person


@pytest.fixture
async def alice(api: Api, terminal: Terminal) -> Person:
    """Who is logged in at the terminal, beside bob, as a client that makes groups."""
    body = {"username": "alice", "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body)
    return Person(api, api.open_client(), answer.json())


@pytest.fixture
async def group(alice: Person, terminal: Terminal, api: Api) -> str:
    """Climbers: of alice's, with bob and carol."""
    bob = await _user_id(alice, "bob")
    carol = await api.register("carol")
    body = {"name": "Climbers", "participant_ids": [bob, str(carol.user_id)]}
    answer = await alice.client.post("/api/conversations", json=body)
    return str(answer.json()["id"])


async def _user_id(person: Person, name: str) -> str:
    answer = await person.client.get("/api/users", params={"q": name})
    return str(answer.json()["users"][0]["id"])


async def as_alice(terminal: Terminal, *words: str, expect: ExitCode = ExitCode.OK) -> Any:
    return await terminal.run("conversation", *words, "--as", "alice", expect=expect)


async def roles(terminal: Terminal, group: str) -> dict[str, str]:
    rows = await terminal.rows("conversation", "members", group, "--as", "alice")
    return {it["username"]: it["role"] for it in rows}


async def test_a_group_is_begun_with_those_who_are_named_or_not_at_all(
    alice: Person, terminal: Terminal, api: Api
) -> None:
    await api.register("carol")

    missing = await as_alice(terminal, "create", "Hikers", "nobody", expect=ExitCode.NOT_FOUND)
    before = await terminal.rows("conversations", "--as", "alice")
    begun = await as_alice(terminal, "create", "Climbers", "bob", "carol")
    alone = json.loads((await as_alice(terminal, "create", "Diary", "-o", "json")).out)

    assert "nobody" in missing.err
    assert before == []
    assert await roles(terminal, begun.out.strip()) == {
        "alice": "owner",
        "bob": "member",
        "carol": "member",
    }
    assert [it["username"] for it in alone["participants"]] == ["alice"]


async def test_whoever_writes_to_a_group_by_name_is_told_its_id(
    terminal: Terminal, group: str
) -> None:
    alice = ("--as", "alice")

    sent = await terminal.run("send", "Climbers", "hi", *alice, expect=ExitCode.NOT_FOUND)
    listed = await terminal.run("messages", "Climbers", *alice, expect=ExitCode.NOT_FOUND)

    told = f"fynix: there is nobody called Climbers; the group of that name is {group}\n"
    assert sent.err == listed.err == told


async def test_a_group_is_found_by_its_name_or_its_id_and_its_members_are_listed(
    terminal: Terminal, group: str
) -> None:
    by_name = await terminal.rows("conversation", "members", "Climbers", "--as", "alice")
    by_id = await terminal.rows("conversation", "members", group, "--as", "bob")
    table = await as_alice(terminal, "members", "Climbers")

    assert by_name == by_id
    assert set(by_name[0]) == {
        *("user_id", "username", "display_name", "avatar_url"),
        *("joined_at", "is_active", "role", "last_read_message_id"),
    }
    cells = [line.split("\t") for line in table.out.splitlines()]
    assert [it[:2] for it in cells] == [
        ["alice", "owner"],
        ["bob", "member"],
        ["carol", "member"],
    ]


async def test_a_group_is_renamed_and_described(terminal: Terminal, group: str) -> None:
    await as_alice(terminal, "rename", "Climbers", "Hikers\x1b[2J")
    done = await as_alice(terminal, "describe", group, "Every other Sunday", "-o", "json")
    emptied = await as_alice(terminal, "describe", group, "")

    assert json.loads(done.out)["name"] == "Hikers\x1b[2J"
    assert json.loads(done.out)["description"] == "Every other Sunday"
    assert "\x1b" not in done.err
    assert "no description" in emptied.err


async def test_people_are_added_promoted_demoted_and_removed(
    terminal: Terminal, group: str, api: Api
) -> None:
    await api.register("dave")

    added = await as_alice(terminal, "add", group, "dave", "-o", "json")
    await as_alice(terminal, "promote", group, "DAVE")
    promoted = await roles(terminal, group)
    demoted = await as_alice(terminal, "demote", group, "dave", "-o", "json")
    tried = await as_alice(terminal, "remove", group, "dave", "--dry-run")
    there = await roles(terminal, group)
    await as_alice(terminal, "remove", group, "dave", "--yes")

    assert json.loads(added.out)["role"] == "member"
    assert promoted["dave"] == "admin"
    assert json.loads(demoted.out)["role"] == "member"
    assert tried.err == "Would remove dave from Climbers.\n"
    assert there["dave"] == "member"
    assert await roles(terminal, group) == {"alice": "owner", "bob": "member", "carol": "member"}


async def test_a_group_is_handed_on_and_left(terminal: Terminal, group: str) -> None:
    tried = await as_alice(terminal, "transfer", group, "bob", "--dry-run")
    before = await roles(terminal, group)
    await as_alice(terminal, "transfer", group, "bob", "--yes")
    after = await roles(terminal, group)
    left = await terminal.run("conversation", "leave", group, "--yes", "--as", "bob")

    assert tried.err == "Would make bob the owner of Climbers.\n"
    assert before["alice"] == "owner"
    assert after == {"alice": "admin", "bob": "owner", "carol": "member"}
    assert "goes to the admin there longest" in left.err
    assert await roles(terminal, group) == {"alice": "owner", "carol": "member"}


async def test_what_takes_something_away_wants_a_yes(terminal: Terminal, group: str) -> None:
    for words in (("remove", group, "bob"), ("transfer", group, "bob"), ("leave", group)):
        refused = await as_alice(terminal, *words, expect=ExitCode.USAGE)
        assert "wants a yes" in refused.err
        assert "--yes" in refused.err

    assert await roles(terminal, group) == {"alice": "owner", "bob": "member", "carol": "member"}


@pytest.mark.parametrize("stack", ["embedded"])
async def test_at_a_terminal_it_asks_and_a_no_changes_nothing(
    terminal: Terminal, group: str
) -> None:
    words = ("conversation", "transfer", group, "bob", "--as", "alice")
    for key, code in ((b"n", ExitCode.FAILED), (b"y", ExitCode.OK)):
        async with in_pty(*words) as pty:
            await pty.shows(b"Make bob the owner of Climbers, and yourself an admin [y/N]")
            pty.type(key + b"\r")
            assert await pty.exit_code() == code
        expected = "owner" if key == b"n" else "admin"
        assert (await roles(terminal, group))["alice"] == expected


@pytest.mark.parametrize("stack", ["embedded"])
async def test_the_members_fit_eighty_columns(api: Api, terminal: Terminal, alice: Person) -> None:
    longest = await api.register("x" * 32)
    group = await alice.group("long names", longest)

    async with in_pty("conversation", "members", group, "--as", "alice") as pty:
        assert await pty.exit_code() == ExitCode.OK
        await pty.shows(b"x" * 32)

    lines = re.sub(r"\x1b\[[0-9;]*m", "", pty.out.decode()).splitlines()
    assert max(len(line) for line in lines) <= 80


async def test_the_exit_code_says_what_is_wrong(
    terminal: Terminal, group: str, alice: Person
) -> None:
    bob = await _user_id(alice, "bob")
    dm = (await alice.client.post(f"/api/conversations/dm/{bob}")).json()["id"]
    await alice.group("twins")
    await alice.group("twins")
    await as_alice(terminal, "promote", group, bob)
    expected = {
        ("members", "Hikers"): ExitCode.NOT_FOUND,
        ("members", bob): ExitCode.NOT_FOUND,
        ("members", "twins"): ExitCode.USAGE,
        ("add", group, "nobody"): ExitCode.NOT_FOUND,
        ("add", group, "carol"): ExitCode.CONFLICT,
        ("remove", group, "nobody", "--yes"): ExitCode.NOT_FOUND,
        ("promote", group, "bob"): ExitCode.CONFLICT,
        ("demote", group, "carol"): ExitCode.CONFLICT,
        ("demote", group, "alice"): ExitCode.CONFLICT,
        ("transfer", group, "alice", "--yes"): ExitCode.CONFLICT,
        ("rename", dm, "a group"): ExitCode.FAILED,
        ("rename", group, ""): ExitCode.FAILED,
    }
    refused = [
        ("transfer", group, "bob", "--yes"),
        ("transfer", group, "bob", "--dry-run"),
        ("promote", group, "carol"),
        ("remove", group, "alice", "--yes"),
    ]

    before = await roles(terminal, group)
    for words, code in expected.items():
        answer = await as_alice(terminal, *words, expect=code)
        assert (answer.out, answer.err[:7]) == ("", "fynix: "), words
    for words in refused:
        await terminal.run("conversation", *words, "--as", "bob", expect=ExitCode.NOT_ALLOWED)
    assert await roles(terminal, group) == before


async def test_an_owner_who_would_step_down_is_told_how(terminal: Terminal, group: str) -> None:
    refused = await as_alice(terminal, "demote", group, "alice", expect=ExitCode.CONFLICT)

    assert f"fynix conversation transfer {group} USER" in refused.err


async def test_a_new_role_is_told_in_a_line(terminal: Terminal, group: str) -> None:
    tail = await terminal.tail("--as", "bob")

    await as_alice(terminal, "promote", group, "bob")
    await as_alice(terminal, "transfer", group, "bob", "--yes")

    lines = [(await tail.line()).partition(" ")[2] for _ in range(3)]
    assert lines == [
        "[Climbers] * alice made bob an admin",
        "[Climbers] * alice is an admin now",
        "[Climbers] * alice made bob the owner",
    ]
