"""`fynix migrate`, on SQLite and on Postgres."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.stack.postgres import Postgres
from fynix_server.maintenance.schema import SchemaState, revisions, state
from fynix_server.settings import Settings, load_settings
from tests.cli.conftest import point_at
from tests.cli.terminal import Terminal
from tests.stacks import create_database, drop_database

SECRET = "a-secret-that-only-these-tests-use-0123456789"
HEAD = revisions()[-1]
MIGRATORS = 3


@pytest.fixture
def empty(stack: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database that nobody has migrated."""
    folder = tmp_path / "data"
    if stack == "embedded":
        yield load_settings(data_dir=folder)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name))
    yield load_settings(data_dir=folder, database_url=url, jwt_secret_key=SECRET)
    asyncio.run(drop_database(postgres, name))


@pytest.fixture
def terminal(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return point_at(empty, monkeypatch)


async def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(
    terminal: Terminal, empty: Settings
) -> None:
    first = await terminal.run("migrate")
    second = await terminal.run("migrate")

    assert HEAD in first.err
    assert "Nothing to do" in second.err
    assert first.out == second.out == ""
    assert await state(empty) == SchemaState(HEAD, HEAD)


@pytest.mark.parametrize("url", [None, "sqlite+aiosqlite:///fynix.db"], ids=["own", "relative"])
async def test_a_new_file_is_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    monkeypatch.chdir(folder)
    settings = load_settings(data_dir=folder, database_url=url)
    before = os.umask(0o022)
    try:
        await point_at(settings, monkeypatch).run("migrate")
    finally:
        os.umask(before)

    assert (folder / "fynix.db").stat().st_mode & 0o777 == 0o600


async def test_a_dry_run_lists_the_steps_and_changes_nothing(
    terminal: Terminal, empty: Settings
) -> None:
    answer = await terminal.run("migrate", "--dry-run")

    assert tuple(answer.out.split()) == revisions()
    assert (await state(empty)).current is None
    assert not (empty.data_dir / "fynix.db").exists()


async def test_a_dry_run_on_a_current_database_lists_nothing(local: Terminal) -> None:
    answer = await local.run("migrate", "--dry-run")

    assert answer.out == ""
    assert "Nothing to do" in answer.err


async def test_it_stops_at_the_step_that_is_named(terminal: Terminal, empty: Settings) -> None:
    await terminal.run("migrate", "--to", "0001")

    assert (await state(empty)).current == "0001_core"


async def test_a_step_that_does_not_exist_is_refused(terminal: Terminal) -> None:
    for arguments in (["migrate"], ["migrate", "--dry-run"], ["migrate", "--sql"]):
        answer = await terminal.run(*arguments, "--to", "9999", expect=ExitCode.FAILED)

        assert answer.err.startswith("fynix: There is no migration '9999'")
        assert answer.err.count("\n") == 1


async def test_the_sql_is_printed_and_nothing_is_touched(
    terminal: Terminal, empty: Settings
) -> None:
    answer = await terminal.run("migrate", "--sql")

    assert "CREATE TABLE messages" in answer.out
    assert (await state(empty)).current is None


async def test_the_printed_sql_makes_a_database_that_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(data_dir=tmp_path)
    answer = await point_at(settings, monkeypatch).run("migrate", "--sql")

    with sqlite3.connect(tmp_path / "fynix.db") as connection:
        connection.executescript(answer.out)
    connection.close()

    assert (await state(settings)).is_current


async def test_sql_and_dry_run_do_not_go_together(terminal: Terminal) -> None:
    await terminal.run("migrate", "--sql", "--dry-run", expect=ExitCode.USAGE)


async def test_processes_that_migrate_at_once_all_succeed(
    terminal: Terminal, empty: Settings
) -> None:
    answers = await asyncio.gather(*(terminal.run_process("migrate") for _ in range(MIGRATORS)))

    assert [it.code for it in answers] == [ExitCode.OK] * MIGRATORS
    assert (await state(empty)).is_current


async def test_a_file_that_is_no_database_is_one_line_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(data_dir=tmp_path)
    (tmp_path / "fynix.db").write_bytes(b"no database " * 400)

    answer = await point_at(settings, monkeypatch).run("migrate", expect=ExitCode.FAILED)

    assert str(tmp_path / "fynix.db") in answer.err
    assert answer.err.count("\n") == 1


async def test_a_postgres_that_does_not_answer_is_exit_code_7(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://fynix:hidden-password@127.0.0.1:9/fynix"
    settings = load_settings(data_dir=tmp_path, database_url=url, jwt_secret_key=SECRET)

    answer = await point_at(settings, monkeypatch).run("migrate", expect=ExitCode.UNREACHABLE)

    assert "127.0.0.1:9" in answer.err
    assert "hidden-password" not in answer.err
    assert answer.err.count("\n") == 1


async def test_a_url_that_is_none_of_a_database_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = point_at(load_settings(data_dir=tmp_path), monkeypatch)
    monkeypatch.setenv("DATABASE_URL", "mysql://localhost/fynix")

    answer = await terminal.run("migrate", expect=ExitCode.FAILED)

    assert answer.err.startswith("fynix: DATABASE_URL")
    assert answer.err.count("\n") == 1
