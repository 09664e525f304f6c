"""`fynix user mute` and its like: what is said of them, and what is refused before it is done."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.tables import User
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.people import Api
from tests.staff import audited

WHY = ("--reason", "flooding")


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """Where root is an admin, and there is bob."""
    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        async with api.resources.database.write() as connection:
            made = update(User).where(User.username == "root").values(role="admin")
            await connection.execute(made)
        await api.people("bob")
        yield terminal


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mute", "bob", "--for", "1h"), "mute bob for 1 hour."),
        (("mute", "bob"), "mute bob."),
        (("hold", "bob", "--for", "36h"), "hold the messages of bob for 36 hours."),
        (("shadow-limit", "bob", "--for", "1w", "--yes"), "shadow-limit bob for 1 week."),
        (("suspend", "bob", "--for", "2d", "--yes"), "suspend bob for 2 days."),
    ],
    ids=lambda it: it if isinstance(it, str) else " ".join(it),
)
async def test_for_how_long_is_told_after_whom_it_is_about(
    terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    tried = await terminal.run("user", *words, *WHY, "--dry-run")
    done = await terminal.run("user", *words, *WHY)

    assert (tried.err, done.err) == (f"Would {told}\n", f"Done: {told}\n")


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize("span", ["0d", "1", "1.5h", "-1h", "tomorrow", "523w"])
async def test_a_span_that_is_none_is_wrong_usage_and_changes_nothing(
    api: Api, terminal: Terminal, span: str
) -> None:
    for verb in ("mute", "hold", "shadow-limit", "suspend"):
        words = ("user", verb, "bob", f"--for={span}", *WHY, "--dry-run")
        answer = await terminal.run(*words, expect=ExitCode.USAGE)

        assert "write it like 90s, 30m, 12h, 7d or 2w" in answer.err
    assert await audited(api) == []


@pytest.mark.parametrize("stack", ["embedded"])
async def test_without_a_terminal_to_ask_at_nobody_is_shut_out(
    api: Api, terminal: Terminal
) -> None:
    for words in (("suspend", "bob", "--for", "2d"), ("ban", "bob"), ("shadow-limit", "bob")):
        answer = await terminal.run("user", *words, *WHY, expect=ExitCode.USAGE)

        assert "look first with --dry-run, then add --yes" in answer.err
    assert await audited(api) == []
