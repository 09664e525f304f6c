"""`fynix audit`: listing, exporting, and verifying without believing the server."""

import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from fynix_cli.exit_codes import ExitCode
from fynix_server.settings import Settings
from fynix_server.tables import AuditEntry, AuditHead, User
from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.people import Api

BROKEN = ExitCode.ASSERTIONS_FAILED
LENGTH = 6


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """Where root is an admin, and has done LENGTH things to bob and carol."""
    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        async with api.resources.database.write() as connection:
            made = update(User).where(User.username == "root").values(role="admin")
            await connection.execute(made)
        await api.people("bob", "carol")
        for verb in ("mute", "hold", "unmute"):
            for name in ("bob", "carol"):
                await terminal.run("user", verb, name, "--reason", "be\x1b[31mcause")
        yield terminal


async def tamper(api: Api, *statements: str) -> None:
    async with api.resources.database.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def verdict(terminal: Terminal, *options: str, expect: ExitCode = ExitCode.OK) -> Any:
    answer = await terminal.run("audit", "verify", *options, "-o", "json", expect=expect)
    return json.loads(answer.out)


async def exported(terminal: Terminal, folder: Path, *options: str) -> Path:
    path = folder / f"audit{len(options)}.jsonl"
    await terminal.run("audit", "export", str(path), *options)
    return path


# ── reading ──────────────────────────────────────────────────────────────────────────────────


async def test_entries_are_listed_by_the_names_of_people(terminal: Terminal) -> None:
    rows = await terminal.rows("audit", "list", "--target", "bob", "--actor", "root")
    table = await terminal.run("audit", "list", "--limit", "1")

    assert [it["seq"] for it in rows] == [5, 3, 1]
    assert set(rows[0]) == {
        *("seq", "at", "actor_kind", "actor_id", "actor_name", "action", "outcome"),
        *("target_kind", "target_id", "target_name", "request_id", "hash"),
        *("before", "after", "reason", "is_erased"),
    }
    assert (rows[0]["reason"], rows[0]["is_erased"]) == ("be\x1b[31mcause", False)
    columns = table.out.rstrip("\n").split("\t")
    assert columns[0] == "6"
    assert columns[2:] == ["root", "user.unmute", "carol", "done"]


async def test_one_is_shown_whole_and_nothing_in_it_is_obeyed(terminal: Terminal) -> None:
    shown = await terminal.run("audit", "show", "1")
    await terminal.run("audit", "show", "99", expect=ExitCode.NOT_FOUND)

    assert "reason\tbe␛[31mcause\n" in shown.out
    assert "after\tmuted yes, until \n" in shown.out


async def test_lists_are_narrowed_and_unknown_names_are_said(terminal: Terminal) -> None:
    rows = await terminal.rows("audit", "list", "--action", "user.hold", "--since", "1h")
    none = await terminal.rows("audit", "list", "--outcome", "refused")
    server = await terminal.rows("audit", "list", "--actor", "fynix")
    answer = await terminal.run("audit", "list", "--actor", "nobody", expect=ExitCode.NOT_FOUND)

    assert [it["seq"] for it in rows] == [4, 3]
    assert none == server == []
    assert "nobody called nobody" in answer.err


async def test_whoever_is_no_admin_is_refused(api: Api, terminal: Terminal, tmp_path: Path) -> None:
    async with api.resources.database.write() as connection:
        demoted = update(User).where(User.username == "root").values(role="moderator")
        user_id = (await connection.execute(demoted.returning(User.id))).scalar_one()
    api.resources.sessions.forget_user(user_id)

    for command in (["list"], ["show", "1"], ["verify"], ["export", str(tmp_path / "x")]):
        await terminal.run("audit", *command, expect=ExitCode.NOT_ALLOWED)


# ── verifying ────────────────────────────────────────────────────────────────────────────────


async def test_a_log_as_it_was_written_is_intact_from_everywhere(
    api: Api,
    terminal: Terminal,
    tmp_path: Path,
    settings: Settings,
    use_database: Callable[[], None],
) -> None:
    path = await exported(terminal, tmp_path)
    use_database()

    verdicts = [
        await verdict(terminal, *options)
        for options in ([], [str(path)], ["--database"], ["--against", str(path)])
    ]

    assert [it["is_intact"] for it in verdicts] == [True] * 4
    assert {it["last"] for it in verdicts} == {verdicts[0]["last"]}
    assert verdicts[0]["last"].startswith(f"{LENGTH}:")
    assert set(verdicts[0]) == {
        *("is_intact", "entries", "begins_after", "cut_by", "last", "erased", "broken")
    }
    assert (await verdict(terminal, "--since-hash", verdicts[0]["last"]))["is_intact"] is True


@pytest.fixture
def use_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have commands that act on a database act on that of the server."""

    def use() -> None:
        monkeypatch.setenv("FYNIX_DATA_DIR", str(settings.data_dir))
        monkeypatch.setenv("DATABASE_URL", settings.database_url or "")

    return use


async def test_tampering_is_found_through_the_api_and_at_the_host(
    api: Api, terminal: Terminal, use_database: Callable[[], None]
) -> None:
    use_database()
    await tamper(api, "UPDATE audit_log SET action = 'user.ban' WHERE seq = 3")

    for options in ([], ["--database"]):
        found = await verdict(terminal, *options, expect=BROKEN)
        said = await terminal.run("audit", "verify", *options, expect=BROKEN)

        assert found["is_intact"] is False
        assert (found["broken"]["seq"], found["broken"]["problem"]) == (3, "changed")
        assert "first at entry 3" in said.err


@pytest.mark.parametrize("stack", ["embedded"])  # Postgres takes no such values
@pytest.mark.parametrize("seq", [4, LENGTH])
async def test_what_cannot_even_be_read_is_named_and_listed_by_nobody(
    api: Api, terminal: Terminal, seq: int
) -> None:
    await tamper(api, f"UPDATE audit_log SET at = 'yesterday' WHERE seq = {seq}")  # noqa: S608

    found = await verdict(terminal, expect=BROKEN)
    listed = await terminal.run("audit", "list", expect=ExitCode.FAILED)
    shown = await terminal.run("audit", "show", str(seq), expect=ExitCode.FAILED)

    assert (found["broken"]["seq"], found["broken"]["problem"]) == (seq, "unreadable")
    assert "tampered with" in listed.err
    assert "tampered with" in shown.err


async def test_a_cut_off_end_shows_against_what_was_kept_elsewhere(
    api: Api, terminal: Terminal, tmp_path: Path
) -> None:
    path = await exported(terminal, tmp_path)
    known = (await verdict(terminal))["last"]
    lines = path.read_text().splitlines()
    hash_ = json.loads(lines[3])["hash"]
    async with api.resources.database.write() as connection:
        await connection.execute(delete(AuditEntry).where(AuditEntry.seq > 4))
        await connection.execute(update(AuditHead).values(seq=4, hash=hash_))

    assert (await verdict(terminal))["is_intact"] is True
    for options in (["--since-hash", known], ["--against", str(path)]):
        found = await verdict(terminal, *options, expect=BROKEN)
        assert (found["broken"]["seq"], found["broken"]["problem"]) == (5, "cut_off")


def changed(lines: list[str]) -> list[str]:
    return [it.replace("user.hold", "user.ban") for it in lines]


def without_third(lines: list[str]) -> list[str]:
    return lines[:2] + lines[3:]


def swapped(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def doubled(lines: list[str]) -> list[str]:
    return [*lines[:3], *lines[2:]]


def cut_within(lines: list[str]) -> list[str]:
    return [*lines[:4], lines[4][:100]]


def another_reason(lines: list[str]) -> list[str]:
    return [*lines[:4], lines[4].replace("cause", "fore"), lines[5]]


def no_text(lines: list[str]) -> list[str]:
    return [*lines[:1], "\udcff\udcfe", *lines[1:]]


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed, (3, "changed")),
        (without_third, (3, "missing")),
        (swapped, (2, "missing")),
        (doubled, (3, "out_of_order")),
        (cut_within, (5, "unreadable")),
        (another_reason, (5, "details_changed")),
        (no_text, (2, "unreadable")),
    ],
)
async def test_a_file_that_was_tampered_with_is_found_out_without_a_server(
    terminal: Terminal,
    tmp_path: Path,
    change: Callable[[list[str]], list[str]],
    expected: tuple[int, str],
) -> None:
    path = await exported(terminal, tmp_path)
    lines = change(path.read_text().splitlines())
    path.write_text("".join(f"{it}\n" for it in lines), errors="surrogateescape")

    found = await verdict(terminal, str(path), expect=BROKEN)
    against = await verdict(terminal, "--against", str(path), expect=BROKEN)

    assert (found["broken"]["seq"], found["broken"]["problem"]) == expected
    assert against["broken"] == found["broken"]


async def test_a_part_is_intact_after_the_hash_before_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = await exported(terminal, tmp_path)
    part = await exported(terminal, tmp_path, "--after", "2")
    before = json.loads(path.read_text().splitlines()[1])["hash"]

    assert path.read_text().splitlines()[2:] == part.read_text().splitlines()
    alone = await verdict(terminal, str(part), expect=BROKEN)
    assert alone["broken"]["problem"] == "missing"
    assert (await verdict(terminal, str(part), "--since-hash", f"2:{before}"))["entries"] == 4


async def test_an_export_is_for_its_owner_alone_and_overwrites_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = await exported(terminal, tmp_path)
    before = path.read_text()

    answer = await terminal.run("audit", "export", str(path), expect=ExitCode.CONFLICT)
    printed = await terminal.run("audit", "export")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == before == printed.out
    assert "is there already" in answer.err
    line = json.loads(before.splitlines()[0])
    assert set(line) == {
        *("seq", "at", "actor_kind", "actor_id", "action", "outcome", "target_kind", "target_id"),
        *("request_id", "details", "details_salt", "details_digest", "previous_hash", "hash"),
    }


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize(
    "options",
    [
        ["--since-hash", "17"],
        ["missing.jsonl"],
        ["--against", "missing.jsonl"],
        [os.devnull],
        ["--against", os.devnull],
        ["missing.jsonl", "--database"],
    ],
    ids=" ".join,
)
async def test_what_cannot_be_read_is_a_usage_error(terminal: Terminal, options: list[str]) -> None:
    answer = await terminal.run("audit", "verify", *options, expect=ExitCode.USAGE)

    assert answer.out == ""
    assert "unexpected" not in answer.err
