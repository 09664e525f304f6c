"""`fynix limits`, `fynix session` and `fynix connections`, at a terminal."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.connections import COLUMNS as CONNECTION_COLUMNS
from fynix_cli.moderating.connections import COLUMNS_OF_ONE, age_in_words
from fynix_cli.moderating.connections import _row as connection_row
from fynix_cli.moderating.limits import COLUMNS as LIMIT_COLUMNS
from fynix_cli.moderating.limits import _row as limit_row
from fynix_cli.moderating.limits import quota_of
from fynix_cli.moderating.sessions import COLUMNS as SESSION_COLUMNS
from fynix_cli.output import OutputFormat, print_rows
from fynix_server.protocol.connections import ConnectionResponse
from fynix_server.protocol.limits import LimitResponse
from fynix_server.rate_limit import BUCKETS
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.contracts.admin_world import admin_world
from tests.people import Api
from tests.staff import audited

WHY = ("--reason", "because")


@dataclass(frozen=True)
class Desk:
    """root is logged in here; dave is connected."""

    api: Api
    terminal: Terminal

    async def run(self, *words: str, expect: ExitCode = ExitCode.OK, stdin: str = "") -> str:
        """What it says on stderr."""
        return (await self.terminal.run(*words, expect=expect, stdin=stdin)).err

    async def json(self, *words: str) -> Any:
        return json.loads((await self.terminal.run(*words, "-o", "json")).out)


@pytest.fixture
async def desk(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        await admin_world(api)
        await api.resources.event_bus.wait_until_connected()
        yield Desk(api, terminal)


async def test_limits_are_set_shown_lifted_cleared_and_begun_anew(desk: Desk) -> None:
    said = await desk.run("limits", "set", "dave", "messages", "100/60", "--for", "1d", *WHY)
    shown = await desk.json("limits", "show", "dave")
    lifted = await desk.json("limits", "exempt", "dave", *WHY)
    await desk.run("limits", "clear", "dave", *WHY)
    forgotten = await desk.json("limits", "reset", "dave", "login", *WHY)

    assert "Done: set to 100/60 the limit messages of dave for 1 day." in said
    assert shown.keys() == {"user_id", "username", "is_on", "is_counted_together", "limits"}
    assert [it["bucket"] for it in shown["limits"]] == list(BUCKETS)
    first = shown["limits"][0]
    assert first.keys() == {
        *("bucket", "limit", "default", "override", "used", "remaining", "frees_at"),
    }
    assert first["limit"] == {"max_count": 100, "window_seconds": 60}
    assert first["override"].keys() == {"set_by", "set_by_name", "set_at", "until"}
    assert lifted.keys() == {"action", "dry_run", "audit_seq", "limits"}
    assert {it["limit"] for it in lifted["limits"]["limits"]} == {None}
    assert forgotten.keys() == {
        *("action", "dry_run", "audit_seq", "user_id", "forgotten", "is_everywhere"),
    }
    assert forgotten["forgotten"] == {"login": 0}
    assert [it.action for it in await audited(desk.api)] == [
        *("limits.set", "limits.exempt", "limits.set", "limits.reset"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("100", "0/60", "60/0", "-1/60", "1/-1", "1/60s", "a/b", "", "/"),
        *("100001/60", "1/86401", "999999999/999999999"),
    ],
)
async def test_what_is_no_limit_is_refused_before_anybody_is_asked(desk: Desk, text: str) -> None:
    # `--`, since what begins with a dash would be an option.
    words = ("limits", "set", *WHY, "--", "dave", "messages", text)

    said = await desk.run(*words, expect=ExitCode.USAGE)

    assert "is no limit; write COUNT/SECONDS, such as 100/60" in said


async def test_refusals_of_limits_have_their_exit_codes(desk: Desk) -> None:
    bucket = ("limits", "set", "dave", "mesages", "9/60", *WHY)

    assert "messages, api, login" in await desk.run(*bucket, expect=ExitCode.FAILED)
    await desk.run("limits", "clear", "dave", *WHY, expect=ExitCode.CONFLICT)
    await desk.run("limits", "set", "root", "api", "9/60", *WHY, expect=ExitCode.FAILED)
    await desk.run("limits", "show", "nobody", expect=ExitCode.NOT_FOUND)
    await desk.run("limits", "set", "dave", "api", "9/60", expect=ExitCode.USAGE)
    await desk.run("limits", "exempt", "dave", "--for", "1", *WHY, expect=ExitCode.USAGE)
    await desk.run("limits", "exempt", "dave", "--for", "999w", *WHY, expect=ExitCode.USAGE)
    assert [(it.action, it.outcome) for it in await audited(desk.api)] == [
        ("limits.set", "refused"),
    ]


@pytest.mark.parametrize(
    ("reason", "said"),
    [("", "say why"), (" \t", "say why"), ("x" * 501, "at most 500"), ("\udcff", "UTF-8")],
    ids=["nothing", "blank", "long", "no text"],
)
async def test_a_reason_that_is_none_is_refused_before_anybody_is_asked(
    desk: Desk, reason: str, said: str
) -> None:
    words = ("limits", "exempt", "dave", "--reason", reason)

    assert said in await desk.run(*words, expect=ExitCode.USAGE)
    assert await audited(desk.api) == []


async def test_a_login_is_ended_by_its_id_or_all_after_the_name_is_typed(desk: Desk) -> None:
    (session,) = await desk.json("session", "list", "dave")
    unsure = ("session", "revoke", "dave", session["id"], *WHY)
    both = ("session", "revoke", "dave", session["id"], "--all", *WHY)
    neither = ("session", "revoke", "dave", *WHY)
    no_id = ("session", "revoke", "dave", "first", *WHY)

    for words in (unsure, both, neither, no_id):
        await desk.run(*words, expect=ExitCode.USAGE)
    would = await desk.run(*unsure, "--dry-run")
    done = await desk.json(*unsure, "--yes")
    again = await desk.run(*unsure, "--yes", expect=ExitCode.NOT_FOUND)
    await desk.run(*neither, "--all", "--yes", expect=ExitCode.CONFLICT)

    assert session.keys() == {"id", "created_at", "last_used_at", "expires_at", "user_agent"}
    assert "Would end 1 login of dave." in would
    assert done.keys() == {"action", "dry_run", "audit_seq", "user_id", "revoked"}
    assert "They have no such session." in again
    assert [it.action for it in await audited(desk.api)] == ["session.revoke"]


async def test_connections_are_listed_and_kicked(desk: Desk) -> None:
    (connection,) = await desk.json("connections", "list", "dave")
    everybody = await desk.json("connections", "list")
    said = await desk.run("connections", "list", "bob")
    done = await desk.json("connections", "kick", "dave", connection["id"], *WHY)
    again = await desk.run("connections", "kick", "bob", *WHY, expect=ExitCode.NOT_FOUND)

    assert everybody == [connection]
    assert connection.keys() == {
        *("id", "user_id", "username", "session_id", "instance"),
        *("opened_at", "protocol", "queued_frames"),
    }
    assert "No open connections.\n1 of 1 instances answered." in said
    assert done.keys() == {
        *("action", "dry_run", "audit_seq", "user_id", "kicked", "is_complete", "instances"),
    }
    assert "They have no such open connection." in again


@pytest.mark.parametrize("stack", ["full"])
async def test_a_list_that_is_not_complete_is_printed_and_exits_seven(desk: Desk) -> None:
    redis, now = desk.api.resources.redis, desk.api.clock().timestamp()
    await redis.zadd("instances", {"killed@elsewhere:1": now})

    answer = await desk.terminal.run("connections", "list", expect=ExitCode.UNREACHABLE)

    assert "dave" in answer.out
    assert "1 of 2 instances answered." in answer.err
    assert "not complete: killed@elsewhere:1 (last heard of at" in answer.err


# ── tables ───────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
LONG_NAME = "a" * 32


class Screen(io.StringIO):
    """A terminal of 80 columns, without colours."""

    def isatty(self) -> bool:
        return True


def table_of(row: Any, columns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of a table with this row."""
    screen = Screen()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", screen)
        print_rows([row], columns, OutputFormat.table, "none")
    return screen.getvalue().splitlines()


def test_the_tables_fit_eighty_columns_and_no_id_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    some_id = "0198c0de-0000-7000-8000-000000000031"
    connection = ConnectionResponse(
        id=UUID(some_id),
        user_id=UUID(some_id),
        username=LONG_NAME,
        session_id=UUID(some_id),
        instance=f"9c4f12ab@{'h' * 64}:1234567",
        opened_at=NOW - timedelta(days=400),
        protocol="fynix.v1",
        queued_frames=256,
    )
    limit = LimitResponse.model_validate(
        {
            "bucket": "ws_connect",
            "limit": {"max_count": 100_000, "window_seconds": 86_400},
            "default": {"max_count": 60, "window_seconds": 60},
            "override": {"set_by": some_id, "set_by_name": LONG_NAME, "set_at": NOW, "until": NOW},
            "used": 100_000,
            "remaining": 0,
            "frees_at": NOW,
        }
    )
    session = {"id": some_id, "last_used": "2026-01-31 12:00:00", "user_agent": "x" * 200}

    tables = [
        table_of(connection_row(connection, NOW), CONNECTION_COLUMNS, monkeypatch),
        table_of(connection_row(connection, NOW), COLUMNS_OF_ONE, monkeypatch),
        table_of(limit_row(limit), LIMIT_COLUMNS, monkeypatch),
        table_of(session, SESSION_COLUMNS, monkeypatch),
    ]

    assert max(len(line) for lines in tables for line in lines) <= 80
    for lines in (tables[0], tables[1], tables[3]):
        assert some_id in lines[1]
    # What one looks at is not broken over lines either.
    assert {"400d", "fynix.v1", "256", "9c4f12ab"} <= set(tables[1][1].split())
    assert "100000/86400" in tables[2][1]


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0s"), (59.9, "59s"), (60, "1m"), (7199, "1h"), (90_061, "1d")]
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert age_in_words(seconds) == words


def test_a_limit_is_read_with_spaces_around_it() -> None:
    assert quota_of(" 100/60 ") == {"max_count": 100, "window_seconds": 60}
    with pytest.raises(CommandError):
        quota_of("١/60")
