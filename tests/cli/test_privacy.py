"""`fynix export`, `fynix user export` and `erase`, `fynix privacy`: files, questions, codes."""

import io
import json
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.privacy.checking import checked_manifest
from fynix_cli.privacy.saving import new_file
from fynix_server.database import scrubbing
from fynix_server.tables import User
from tests.cli.conftest import logged_in, write_to_bob
from tests.cli.terminal import Terminal
from tests.people import Api
from tests.staff import audited


class Folder:
    """Where commands put their files."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        return sorted(it.name for it in self._path.iterdir())

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def write(self, name: str, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        (self._path / name).write_bytes(content)

    def mode(self, name: str) -> int:
        return stat.S_IMODE((self._path / name).stat().st_mode)


REASON = ("--reason", "asked by letter 17")


@pytest.fixture
def stack() -> str:
    """What commands say is the same on both; once is enough."""
    return "embedded"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return Folder(path)


@pytest.fixture
async def terminal(
    api: Api, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal in a folder of its own, where bob, alice and then root, an admin, logged in."""
    async with logged_in(api, tmp_path, monkeypatch, ("bob", "alice", "root")) as terminal:
        async with api.resources.database.write() as connection:
            promotion = update(User).where(User.username == "root").values(role="admin")
            user_id = (await connection.execute(promotion.returning(User.id))).scalar_one()
        api.resources.sessions.forget_user(user_id)
        await write_to_bob(terminal, "hello bob")
        yield terminal


async def test_one_s_own_export_is_a_file_of_one_s_own(terminal: Terminal, folder: Folder) -> None:
    answer = await terminal.run("export", "--as", "alice", "-o", "json")

    told = json.loads(answer.out)
    assert told["path"] == "fynix-alice.zip"
    assert folder.mode("fynix-alice.zip") == 0o600
    assert told["files"]["messages.jsonl"]["rows"] == 1
    assert told.keys() == {
        "path",
        "format",
        "format_version",
        "user_id",
        "username",
        "requested_by",
        "begun_at",
        "finished_at",
        "server_version",
        "files",
    }
    assert folder.names() == ["fynix-alice.zip"]


async def test_no_file_is_replaced_and_nothing_is_audited_for_one_that_is_there(
    terminal: Terminal, folder: Folder, api: Api
) -> None:
    folder.write("bob.zip", "precious")

    words = ("user", "export", "bob", "--file", "bob.zip", *REASON)
    refused = await terminal.run(*words, expect=ExitCode.CONFLICT)

    assert "bob.zip is there already" in refused.err
    assert folder.read("bob.zip") == b"precious"
    assert await audited(api) == []


async def test_a_dry_run_of_an_export_saves_nothing(terminal: Terminal, folder: Folder) -> None:
    answer = await terminal.run("user", "export", "bob", *REASON, "--dry-run", "-o", "json")

    assert json.loads(answer.out)["messages_at_most"] == 1
    assert folder.names() == []


async def test_too_many_exports_in_a_day_exit_6(terminal: Terminal, folder: Folder) -> None:
    for number in range(3):
        await terminal.run("export", "--as", "alice", "--file", f"{number}.zip")

    words = ("export", "--as", "alice", "--file", "last.zip")
    await terminal.run(*words, expect=ExitCode.RATE_LIMITED)

    assert folder.names() == ["0.zip", "1.zip", "2.zip"]


async def test_erasing_without_a_terminal_wants_a_yes(terminal: Terminal, api: Api) -> None:
    refused = await terminal.run("user", "erase", "bob", *REASON, expect=ExitCode.USAGE)

    assert "--yes" in refused.err
    assert await audited(api) == []


async def test_the_certificate_is_printed_and_saved(terminal: Terminal, folder: Folder) -> None:
    words = ("user", "erase", "bob", *REASON, "--yes", "--certificate", "bob.json", "-o", "json")
    answer = await terminal.run(*words)

    certificate = json.loads(answer.out)
    assert json.loads(folder.read("bob.json")) == certificate
    assert folder.mode("bob.json") == 0o600
    assert certificate["counts"]["users"] == 1
    assert certificate["is_vacuumed"] is True
    assert "bob" not in answer.out
    again = ("user", "erase", certificate["user_id"], *REASON, "--yes")
    assert "erased already" in (await terminal.run(*again, expect=ExitCode.CONFLICT)).err
    await terminal.run("user", "erase", "bob", *REASON, "--yes", expect=ExitCode.NOT_FOUND)


async def test_where_the_file_was_not_written_anew_the_command_for_it_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "QUICK_VACUUM_BYTES", 0)

    answer = await terminal.run("user", "erase", "bob", *REASON, "--yes", "-o", "json")

    assert json.loads(answer.out)["is_vacuumed"] is False
    assert "fynix cleanup vacuum" in answer.err


async def test_nobody_is_erased_where_the_certificate_could_not_be_saved(
    terminal: Terminal,
    folder: Folder,
) -> None:
    folder.write("bob.json", "precious")

    words = ("user", "erase", "bob", *REASON, "--yes", "--certificate")
    await terminal.run(*words, "bob.json", expect=ExitCode.CONFLICT)
    await terminal.run(*words, "no/such/folder.json", expect=ExitCode.FAILED)

    assert (await terminal.run("user", "show", "bob")).code == ExitCode.OK
    assert "active" in (await terminal.run("user", "show", "bob")).out


@pytest.mark.parametrize("output", ["json", "jsonl"])
async def test_a_journal_erases_again_whom_an_older_database_still_has(
    terminal: Terminal, folder: Folder, api: Api, output: str
) -> None:
    await terminal.run("user", "erase", "bob", *REASON, "--yes")
    shown = await terminal.run("privacy", "erasures", "-o", output)
    alice = json.loads((await terminal.run("user", "show", "alice", "-o", "json")).out)["id"]
    # As if alice had been erased after the backup that was restored.
    erased = json.loads(shown.out)[0] if output == "json" else json.loads(shown.out)
    unknown = erased | {"user_id": "0198c0de-0000-7000-8000-0000000000ff"}
    rows = [erased, erased | {"user_id": alice}, unknown]
    text = json.dumps(rows) if output == "json" else "\n".join(json.dumps(it) for it in rows)
    folder.write("journal", text + "\n")

    words = ("privacy", "reapply", "journal", *REASON, "-o", "json")
    rehearsed = json.loads((await terminal.run(*words, "--dry-run")).out)
    done = json.loads((await terminal.run(*words, "--yes")).out)

    assert [it["outcome"] for it in rehearsed] == ["already_so", "would_erase", "user_not_found"]
    assert [it["outcome"] for it in done] == ["already_so", "erased", "user_not_found"]
    await terminal.run("user", "show", "alice", expect=ExitCode.NOT_FOUND)


async def test_whom_a_hold_is_on_is_passed_over_and_told_of(
    terminal: Terminal, folder: Folder, api: Api
) -> None:
    found = [
        json.loads((await terminal.run("user", "show", name, "-o", "json")).out)
        for name in ("bob", "alice")
    ]
    held, other = (it["id"] for it in found)
    await terminal.run("retention", "hold", "add", "--user", "bob", *REASON)
    folder.write("journal", "".join(json.dumps({"user_id": it}) + "\n" for it in (held, other)))

    words = ("privacy", "reapply", "journal", *REASON, "-o", "json", "--yes")
    answer = await terminal.run(*words, expect=ExitCode.CONFLICT)

    outcomes = {it["user_id"]: it["outcome"] for it in json.loads(answer.out)}
    assert outcomes == {held: "under_legal_hold", other: "erased"}
    assert "1 of 2 are not erased" in answer.err
    await terminal.run("user", "show", "bob")
    await terminal.run("user", "show", "alice", expect=ExitCode.NOT_FOUND)


async def test_what_is_no_journal_is_refused(terminal: Terminal, folder: Folder) -> None:
    for text in ("{", '{"id": 1}', '[{"user_id": "x"}]'):
        folder.write("journal", text)
        words = ("privacy", "reapply", "journal", *REASON, "--yes")
        refused = await terminal.run(*words, expect=ExitCode.USAGE)
        assert "no journal" in refused.err


async def test_it_takes_the_role(terminal: Terminal, folder: Folder) -> None:
    for words in (
        ("user", "export", "bob", *REASON),
        ("user", "erase", "bob", *REASON, "--yes"),
        ("privacy", "erasures"),
    ):
        await terminal.run(*words, "--as", "alice", expect=ExitCode.NOT_ALLOWED)
    assert folder.names() == []


@pytest.mark.parametrize("kept_bytes", [0, 100, -30])
async def test_an_archive_that_was_cut_off_is_not_taken_for_one(
    terminal: Terminal, folder: Folder, kept_bytes: int
) -> None:
    await terminal.run("export", "--as", "alice", "--file", "a.zip")
    archive = folder.read("a.zip")[:kept_bytes]

    with pytest.raises(CommandError, match="not whole"):
        checked_manifest(io.BytesIO(archive))


async def test_an_archive_with_another_file_in_it_is_not_taken_for_one(
    terminal: Terminal,
    folder: Folder,
) -> None:
    await terminal.run("export", "--as", "alice", "--file", "a.zip")
    archive = io.BytesIO(folder.read("a.zip"))
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("more.jsonl", "{}\n")

    with pytest.raises(CommandError, match="not whole"):
        checked_manifest(archive)


def test_a_file_that_appears_while_another_is_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def write() -> None:
        with new_file(path) as file:
            file.write(b"new")
            path.write_bytes(b"theirs")

    with pytest.raises(CommandError, match="there already"):
        write()

    assert path.read_bytes() == b"theirs"
    assert [it.name for it in tmp_path.iterdir()] == ["file"]


def test_what_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    def write() -> None:
        with new_file(tmp_path / "file") as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()

    assert list(tmp_path.iterdir()) == []
