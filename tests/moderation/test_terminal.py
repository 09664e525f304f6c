"""`fynix moderation` and `fynix user purge`, as a moderator types them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.moderation.content import purging
from fynix_server.tables import User
from tests.cli.conftest import logged_in
from tests.cli.pseudo_terminal import in_pty
from tests.cli.terminal import Terminal
from tests.moderation.scene import counters, reported, seen, sent, stored
from tests.people import Api, Person
from tests.staff import audited

WHY = ("--reason", "because")
NOWHERE = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"


@dataclass
class Scene:
    """mod, a moderator at a terminal; and what bob wrote to carol: two messages."""

    api: Api
    terminal: Terminal
    bob: Person
    carol: Person
    dm: str
    messages: list[str]


@pytest.fixture
async def scene(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with logged_in(api, tmp_path, monkeypatch, ("mod",)) as terminal:
        async with api.resources.database.write() as connection:
            made = update(User).where(User.username == "mod").values(role="moderator")
            await connection.execute(made)
        bob, carol = await api.people("bob", "carol")
        dm = await bob.dm(carol)
        messages = await sent(bob, dm, "one", "t\x1b[31mwo")
        yield Scene(api, terminal, bob, carol, dm, messages)


async def test_a_message_is_deleted_and_restored(scene: Scene) -> None:
    words = ("moderation", "message")
    place = (scene.dm, scene.messages[0])

    deleted = await scene.terminal.run(*words, "delete", *place, *WHY, "--yes", "-o", "json")
    gone = (await stored(scene.api, scene.messages[0])).is_deleted
    restored = await scene.terminal.run(*words, "restore", *place, *WHY)

    assert set(json.loads(deleted.out)) == {
        *("action", "dry_run", "audit_seq", "conversation_id", "message_id", "seq"),
        *("sender_id", "sender_username", "is_deleted"),
    }
    assert gone is True
    assert (deleted.err, restored.err) == (
        "Done: delete message 2 of bob.\n",
        "Done: restore message 2 of bob.\n",
    )
    assert "one" not in deleted.out + restored.out
    assert (await stored(scene.api, scene.messages[0])).is_deleted is False


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("message delete {dm} {message}", ExitCode.USAGE),  # there is nobody to ask
        ("message delete {dm} seven --yes", ExitCode.USAGE),
        ("message delete club {message} --yes", ExitCode.USAGE),
        ("message delete {dm} {nowhere} --yes", ExitCode.NOT_FOUND),
        ("message delete {nowhere} {message} --yes", ExitCode.NOT_FOUND),
        ("message restore {dm} {message}", ExitCode.CONFLICT),
        ("conversation unfreeze {dm}", ExitCode.CONFLICT),
        ("conversation freeze {nowhere}", ExitCode.NOT_FOUND),
        ("conversation read {dm}", ExitCode.NOT_ALLOWED),
        ("conversation read {dm} --case seven", ExitCode.USAGE),
    ],
)
async def test_what_cannot_be_done_exits_with_the_code_that_says_why(
    scene: Scene, words: str, expected: ExitCode
) -> None:
    names = {"dm": scene.dm, "message": scene.messages[0], "nowhere": NOWHERE}
    before = await counters(scene.api, scene.dm)

    answer = await scene.terminal.run(
        "moderation", *words.format(**names).split(), *WHY, expect=expected
    )

    assert answer.out == ""
    assert answer.err.startswith("fynix: ")
    assert await counters(scene.api, scene.dm) == before


async def test_a_conversation_is_frozen_and_goes_on(scene: Scene) -> None:
    words = ("moderation", "conversation")

    tried = await scene.terminal.run(*words, "freeze", scene.dm, *WHY, "--dry-run")
    frozen = await scene.terminal.run(*words, "freeze", scene.dm, *WHY, "-o", "json")
    await scene.terminal.run(*words, "unfreeze", scene.dm, *WHY)

    assert tried.err == "Would freeze a conversation of two.\n"
    assert json.loads(frozen.out)["is_frozen"] is True
    url = f"/api/conversations/{scene.dm}"
    assert (await scene.bob.client.get(url)).json()["is_frozen"] is False


async def test_what_was_reported_is_read_and_nothing_in_it_is_obeyed(scene: Scene) -> None:
    case_id = str(await reported(scene.api, scene.carol, scene.bob, scene.dm))
    words = ("moderation", "conversation", "read", scene.dm, *WHY)

    tried = await scene.terminal.run(*words, "--dry-run")
    table = await scene.terminal.run(*words, "--case", case_id)
    rows = await scene.terminal.rows(*words, "--limit", "1", "--before-seq", "3")

    assert (tried.out, tried.err) == ("", "Would show 2 messages.\n")
    lines = [it.split("\t") for it in table.out.splitlines()]
    assert [(it[0], it[1], it[-1]) for it in lines] == [
        ("3", "bob", "t␛[31mwo"),
        ("2", "bob", "one"),
    ]
    assert table.err == "Recorded in the audit log: 1.\n"
    assert [it["content"] for it in rows] == ["one"]
    assert set(rows[0]) == {
        *("id", "seq", "sender_id", "sender_username", "content", "content_type", "created_at"),
        *("edited_at", "is_deleted", "deleted_by", "hidden_because"),
    }
    assert len(await audited(scene.api)) == 2


async def test_a_purge_tells_how_many_and_then_removes_as_many(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "MESSAGES_A_REQUEST", 3)
    group = await scene.carol.group("club", scene.bob)
    await sent(scene.bob, group, *(f"buy {it}" for it in range(5)))
    words = ("user", "purge", "bob", "--since", "24h", *WHY)

    tried = await scene.terminal.run(*words, "--dry-run", "-o", "json")
    still = await seen(scene.carol, group)
    done = await scene.terminal.run(*words, "--yes", "-o", "json")
    again = await scene.terminal.run(*words, "--yes")

    counts = {it["conversation_id"]: it["count"] for it in json.loads(done.out)["conversations"]}
    assert counts == {scene.dm: 2, group: 5}
    assert json.loads(tried.out)["conversations"] == json.loads(done.out)["conversations"]
    assert set(json.loads(done.out)) == {
        *("dry_run", "user_id", "username", "since", "count", "conversations", "audit_seqs")
    }
    assert (tried.err, done.err, again.err) == (
        "Would remove 7 messages in 2 conversations.\n",
        "Removed 7 messages in 2 conversations.\n",
        "Removed 0 messages in 0 conversations.\n",
    )
    assert (still[1], (await seen(scene.carol, group))[1]) == (5, 0)
    assert again.out == ""


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bob --since 24h", ExitCode.USAGE),  # there is nobody to ask
        ("bob --since 24 --yes", ExitCode.USAGE),
        ("bob --since 0h --yes", ExitCode.USAGE),
        ("bob --since -1h --yes", ExitCode.USAGE),
        ("bob --since 24y --yes", ExitCode.USAGE),
        ("nobody --since 24h --yes", ExitCode.NOT_FOUND),
        ("mod --since 24h --yes", ExitCode.FAILED),
    ],
)
async def test_a_purge_that_makes_no_sense_removes_nothing(
    scene: Scene, words: str, expected: ExitCode
) -> None:
    answer = await scene.terminal.run("user", "purge", *words.split(), *WHY, expect=expected)

    assert answer.out == ""
    assert (await counters(scene.api, scene.dm)).message_count == 2


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize(("typed", "code", "left"), [("bob", 0, 0), ("bab", 1, 2)])
async def test_a_purge_asks_for_the_name_and_tells_how_many_there_are(
    scene: Scene, typed: str, code: int, left: int
) -> None:
    words = ("user", "purge", "bob", "--since", "24h", *WHY)
    async with in_pty(*words) as terminal:
        await terminal.shows(b"remove 2 messages in 1 conversation of bob")
        await terminal.shows(b"Type bob to go on")
        terminal.type(f"{typed}\n".encode())

        assert await terminal.exit_code() == code
    assert (await counters(scene.api, scene.dm)).message_count == left
