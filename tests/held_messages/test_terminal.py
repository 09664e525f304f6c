"""`fynix moderation held`: a queue is worked off at the terminal."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.held_messages.scene import add_rule, hold_all_of
from tests.people import Api, Person
from tests.staff import audited, promoted

HELD = ("moderation", "held")
WHY = ("--reason", "because")


@pytest.fixture
def stack() -> str:
    """What a terminal shows is the same on both; once is enough."""
    return "embedded"


@dataclass
class Desk:
    """A moderator's terminal, and bob, all of whose three messages to carol wait."""

    terminal: Terminal
    bob: Person
    carol: Person
    dm: str
    held: list[str]

    async def carols(self) -> list[str]:
        return [it["content"] for it in reversed(await self.carol.messages(self.dm))]


@pytest.fixture
async def desk(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    dm = await bob.dm(carol)
    await hold_all_of(api, bob)
    texts = ("one", "two \x1b[2J", "three")
    held = [(await bob.send(dm, text)).json()["id"] for text in texts]
    async with logged_in(api, tmp_path, monkeypatch, ("alice",)) as terminal:
        await terminal.run("login", "mod")
        yield Desk(terminal, bob, carol, dm, held)


async def test_a_queue_is_listed_without_texts_and_reviewed_with_them(desk: Desk, api: Api) -> None:
    run = desk.terminal.run

    listed = await run(*HELD, "list")
    rows = await desk.terminal.rows(*HELD, "list", "--from", "bob", "--limit", "2")
    tried = await run(*HELD, "review", *WHY, "--dry-run")
    shown = await run(*HELD, "review", *WHY, "--limit", "2")
    after = await run(*HELD, "review", *WHY, "--after", desk.held[1], "-o", "json")
    one = await run(*HELD, "review", desk.held[1], *WHY, "-o", "jsonl")

    assert listed.out.splitlines()[0] == f"{desk.held[0]}\tbob\trestriction\twaiting"
    assert [it["message_id"] for it in rows] == desk.held[:2]
    assert rows[0].keys() == {
        "message_id",
        "conversation_id",
        "sender_id",
        "sender_username",
        "cause",
        "rules",
        "status",
        "created_at",
        "decided_at",
        "released_as",
    }
    assert "one" not in listed.out + tried.out
    assert shown.out.splitlines() == [
        f"{desk.held[0]}\tbob\tone",
        f"{desk.held[1]}\tbob\ttwo ␛[2J",
    ]
    assert f"--after {desk.held[1]}" in shown.err
    told = json.loads(after.out)
    assert told.keys() == {"action", "dry_run", "audit_seq", "held", "next_after"}
    assert [it["content"] for it in told["held"]] == ["three"]
    assert json.loads(one.out)["message_id"] == desk.held[1]
    assert "\x1b" not in one.out + shown.out
    assert [it.action for it in await audited(api)] == ["held.review"] * 3


async def test_several_are_decided_about_at_once_and_refusals_are_passed_over(desk: Desk) -> None:
    run = desk.terminal.run
    first, second, third = desk.held

    unasked = await run(*HELD, "reject", first, *WHY, expect=ExitCode.USAGE)
    await run(*HELD, "reject", first, *WHY, "--yes")
    some = await run(*HELD, "release", first, second, second, *WHY, expect=ExitCode.CONFLICT)
    missing = await run(*HELD, "release", desk.dm, *WHY, expect=ExitCode.NOT_FOUND)
    bad = await run(*HELD, "release", "first", *WHY, expect=ExitCode.USAGE)
    neither = await run(*HELD, "release", *WHY, expect=ExitCode.USAGE)
    left = await desk.terminal.rows(*HELD, "list")

    assert "--yes" in unasked.err
    assert f"{first}: It is rejected already." in some.err
    assert "Done: release 1 message of 2." in some.err
    assert "There is no such held message." in missing.err
    assert "no message id" in bad.err
    assert "--all-of" in neither.err
    assert [it["message_id"] for it in left] == [third]
    assert await desk.carols() == ["two \x1b[2J"]


async def test_all_of_somebody_arrive_in_the_order_in_which_they_were_written(
    desk: Desk,
) -> None:
    run = desk.terminal.run

    tried = await run(*HELD, "release", "--all-of", "bob", *WHY, "--dry-run")
    before = await desk.carols()
    done = await run(*HELD, "release", "--all-of", "bob", *WHY, "--yes", "-o", "json")
    again = await run(*HELD, "reject", "--all-of", "bob", *WHY, "--yes", expect=ExitCode.NOT_FOUND)

    assert "Would release 3 messages." in tried.err
    assert before == []
    assert [it["held"]["status"] for it in json.loads(done.out)] == ["released"] * 3
    assert await desk.carols() == ["one", "two \x1b[2J", "three"]
    assert "nothing of bob waits" in again.err


async def test_what_a_rule_had_held_is_found_by_its_name(desk: Desk, api: Api) -> None:
    await add_rule(api, verdict="hold")
    await add_rule(api, name="masks", pattern="poker", verdict="mask")
    await add_rule(api, name="allows", pattern="a royal", verdict="allow")
    by_rule = (await desk.carol.send(desk.dm, "a royal casino, poker")).json()["id"]

    found = await desk.terminal.rows(*HELD, "list", "--rule", "casino")
    none = await desk.terminal.run(*HELD, "list", "--rule", "casin")

    assert [(it["message_id"], it["cause"], it["rules"]) for it in found] == [
        (by_rule, "filter", ["casino"])
    ]
    assert "Nothing is held like that." in none.err


async def test_who_has_no_role_sees_nothing(desk: Desk) -> None:
    for words in (("list",), ("review", *WHY), ("release", desk.held[0], *WHY)):
        refused = await desk.terminal.run(
            *HELD, *words, "--as", "alice", expect=ExitCode.NOT_ALLOWED
        )

        assert refused.out == ""
        assert "moderator" in refused.err
