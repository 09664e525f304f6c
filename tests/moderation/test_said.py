"""What the commands that act say that they did, or would do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.tables import User
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.people import Api

WHY = ("--reason", "because")
pytestmark = pytest.mark.parametrize("stack", ["embedded"])


@pytest.fixture
async def root(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """An admin at a terminal, and bob."""
    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        async with api.resources.database.write() as connection:
            made = update(User).where(User.username == "root").values(role="admin")
            await connection.execute(made)
        await api.register("bob")
        yield terminal


@pytest.mark.parametrize(
    ("command", "would"),
    [
        ("user mute bob --for 1h", "mute bob for 1 hour"),
        ("user hold bob", "hold the messages of bob"),
        ("user shadow-limit bob --for 2w", "shadow-limit bob for 2 weeks"),
        ("user suspend bob --for 7d", "suspend bob for 1 week"),
        ("user ban bob", "ban bob"),
        ("user role bob admin", "give the role admin to bob"),
        (
            "limits set bob messages 9/60 --for 1d",
            "set to 9/60 the limit messages of bob for 1 day",
        ),
        ("limits exempt bob", "lift every limit of bob"),
        ("limits reset bob login", "forget what was counted in login of bob"),
    ],
)
async def test_an_act_on_somebody_is_told_as_a_sentence(
    command: str, would: str, root: Terminal
) -> None:
    tried = await root.run(*command.split(), *WHY, "--dry-run")

    assert tried.err == f"Would {would}.\n"


async def test_where_nobody_can_be_asked_what_wants_the_yes_is_told(root: Terminal) -> None:
    refused = await root.run("user", "ban", "bob", *WHY, expect=ExitCode.USAGE)

    assert refused.err == (
        "fynix: this wants a yes, and there is no terminal to ask at: ban bob; "
        "look first with --dry-run, then add --yes\n"
    )


async def test_a_policy_is_told_of_with_its_end_and_what_it_hides(root: Terminal) -> None:
    tried = await root.run("retention", "set", "30d", *WHY, "--dry-run")
    await root.run("retention", "set", "30d", *WHY)
    cleared = await root.run("retention", "clear", *WHY)

    assert tried.err.startswith(
        "Messages of the server would be shown for 30 days: now those since "
    )
    assert tried.err.count("\n") == 1
    assert cleared.err == "The server has no policy of its own any more.\n"
