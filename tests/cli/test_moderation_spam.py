"""`fynix moderation spam`: what it prints, and what it refuses."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.tables import User
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.people import Api, Serve
from tests.spam.watched import ENOUGH, OFFER, strangers, write_to


@pytest.fixture
async def api(serve: Serve) -> Api:
    return await serve(rate_limits="off", spam="act")


@pytest.fixture
async def root(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """The terminal of an admin of a server that acts on the score."""
    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        async with api.resources.database.write() as connection:
            await connection.execute(
                update(User).where(User.username == "root").values(role="admin")
            )
        yield terminal


async def spammer(api: Api) -> None:
    """mallory, who has just written to strangers."""
    mallory = await api.register("mallory")
    await write_to(mallory, await strangers(api))


async def test_an_explanation_has_each_signal_in_words_and_nothing_that_was_written(
    api: Api, root: Terminal
) -> None:
    await spammer(api)

    told = await root.run("moderation", "spam", "explain", "mallory")
    as_json = await root.run("moderation", "spam", "explain", "mallory", "-o", "json")

    lines = told.out.splitlines()
    assert "score\t50 of 100" in lines
    assert "calls for\thold what they write for review, from 50 points" in lines
    assert "would be done\thold what they write for review" in lines
    assert f"15 of 15\twrote first to {ENOUGH} people within the hour" in lines
    assert "0 of 15\twas blocked by 0 people" in lines
    for word in ("euros", "liking", "videos", "manager", "pay.example.com"):
        assert word in OFFER
        assert word not in told.out + as_json.out
    found = json.loads(as_json.out)
    assert found.keys() == {
        *("user_id", "username", "mode", "score", "measure", "withheld"),
        *("is_exempt", "signals", "from_score", "last"),
    }
    assert len(found["signals"]) == 8
    assert sum(it["points"] for it in found["signals"]) == found["score"] == 50


async def test_judging_says_what_it_would_do_does_it_and_then_that_it_is_done(
    api: Api, root: Terminal
) -> None:
    await spammer(api)
    judging = ("moderation", "spam", "judge", "mallory", "--reason", "three cases")

    would = await root.run(*judging, "--dry-run")
    done = await root.run(*judging)
    again = await root.run(*judging, "-o", "json")

    assert would.err == (
        "Would judge mallory.\nScore 50 of 100: hold what they write for review.\n"
    )
    assert done.err == "Done: judge mallory.\nScore 50 of 100: hold what they write for review.\n"
    assert "as much or more is in force already" in again.err
    assert json.loads(again.out)["assessment"]["withheld"] == "in_force"
    person = await root.run("user", "show", "mallory", "-o", "json")
    assert [it["kind"] for it in json.loads(person.out)["restrictions"]] == ["held"]


async def test_the_list_has_the_highest_scores_first_and_fits_a_terminal(
    api: Api, root: Terminal
) -> None:
    await spammer(api)
    long_name = "a" * 32
    await api.people(long_name, "carol")
    for name in ("carol", "mallory", long_name):
        await root.run("moderation", "spam", "judge", name, "--reason", "because")
    await root.run("moderation", "spam", "exempt", long_name, "--reason", "a bot")

    everybody = await root.rows("moderation", "spam", "list")
    held = await root.rows("moderation", "spam", "list", "--measure", "hold")
    exempt = await root.rows("moderation", "spam", "list", "--exempt")
    table = await root.run("moderation", "spam", "list")

    assert everybody[0]["username"] == "mallory"
    assert [it["username"] for it in held] == ["mallory"]
    assert [it["username"] for it in exempt] == [long_name]
    assert everybody[0].keys() == {
        *("user_id", "username", "score", "measure", "withheld"),
        *("reasons", "assessed_at", "is_exempt"),
    }
    assert all(len(line.expandtabs(1)) <= 80 for line in table.out.splitlines())


async def test_what_cannot_be_done_is_refused_with_its_own_exit_code(
    api: Api, root: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.register("bob")
    exempt = ("moderation", "spam", "exempt", "bob", "--reason", "a bot")

    await root.run("moderation", "spam", "explain", "nobody", expect=ExitCode.NOT_FOUND)
    await root.run("moderation", "spam", "unexempt", *exempt[3:], expect=ExitCode.CONFLICT)
    await root.run(*exempt)
    await root.run(*exempt, expect=ExitCode.CONFLICT)
    await root.run("moderation", "spam", "list", "--measure", "ban", expect=ExitCode.USAGE)
    await root.run("moderation", "spam", "judge", "bob", expect=ExitCode.USAGE)
    async with logged_in(api, tmp_path, monkeypatch, ("alice",)) as alice:
        await alice.run("moderation", "spam", "explain", "bob", expect=ExitCode.NOT_ALLOWED)
