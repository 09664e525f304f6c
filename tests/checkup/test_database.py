"""The database and its schema: both kinds, present, old, away and full."""

import os
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from fynix_cli.checkup.check import State
from fynix_cli.checkup.database import (
    HARDLY_ANY_BYTES,
    check_database,
    judge_connections,
    judge_space,
)
from fynix_cli.checkup.examination import examine
from fynix_cli.checkup.migrations import check_migrations
from fynix_cli.checkup.permissions import check_permissions
from fynix_cli.checkup.surroundings import Problem, Surroundings
from fynix_cli.exit_codes import ExitCode
from fynix_cli.stack.postgres import Postgres
from fynix_server.maintenance.schema import revisions, upgrade
from fynix_server.settings import Settings, load_settings
from tests.checkup.findings import findings, findings_around
from tests.conftest import COMMON
from tests.stacks import create_database

AWAY = "postgresql://fynix:hidden-password@127.0.0.1:9/fynix"


async def test_a_database_as_it_should_be_is_well(settings: Settings) -> None:
    found = await findings(check_database, settings)

    assert {it.state for it in found.values()} == {State.ok}
    if settings.is_sqlite:
        assert set(found) == {"answers", "journal", "disk"}
        assert found["answers"].found.startswith("SQLite 3.")
        assert found["journal"].found == "journal_mode wal, synchronous full"
    else:
        assert set(found) == {"answers", "connections"}
        assert found["answers"].found.startswith("PostgreSQL 1")
        assert "1 x 5" in found["connections"].found


async def test_a_database_with_every_migration_is_well(settings: Settings) -> None:
    found = await findings(check_migrations, settings)

    assert found["schema"].state is State.ok
    assert revisions()[-1] in found["schema"].found


async def test_a_sqlite_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, **COMMON)

    database = await findings(check_database, settings)
    schema = await findings(check_migrations, settings)

    assert database["answers"].state is State.warning
    assert schema["schema"].state is State.skipped
    assert os.listdir(tmp_path) == []


async def test_missing_migrations_are_named_with_what_to_run(postgres: Postgres) -> None:
    url = await create_database(postgres, "half_migrated")
    settings = load_settings(database_url=url, **COMMON)
    await upgrade(settings, "0001")

    found = await findings(check_migrations, settings)

    assert found["schema"].state is State.failed
    assert all(step in found["schema"].found for step in revisions()[1:])
    assert found["schema"].mend == "run: fynix migrate"


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        (AWAY, ExitCode.UNREACHABLE, "does not answer"),
        ("sqlite:////proc/nowhere.db", ExitCode.FAILED, "there is no /proc/nowhere.db yet"),
    ],
)
async def test_a_database_that_is_away_is_told_without_its_password(
    url: str, code: ExitCode, said: str
) -> None:
    settings = load_settings(database_url=url, **COMMON)

    found = (await findings(check_database, settings))["answers"]

    assert said in found.found
    assert found.state is not State.ok
    assert found.exit_code is code
    assert "hidden-password" not in found.found + str(found.mend)


async def test_the_schema_of_a_database_that_is_away_is_skipped() -> None:
    settings = load_settings(database_url=AWAY, **COMMON)

    found = await findings(check_migrations, settings)

    assert found["schema"].state is State.skipped


async def test_a_name_or_database_that_postgres_does_not_know_is_told(postgres: Postgres) -> None:
    settings = load_settings(database_url=postgres.url("nowhere"), **COMMON)

    found = (await findings(check_database, settings))["answers"]
    schema = (await findings(check_migrations, settings))["schema"]

    assert (found.state, schema.state) == (State.failed, State.skipped)
    assert "has no database 'nowhere'" in found.found
    assert "createdb nowhere" in str(found.mend)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "fynix.db").write_bytes(b"not a database at all, but long enough to be one" * 9)
    settings = load_settings(data_dir=tmp_path, **COMMON)

    found = (await findings(check_database, settings))["answers"]

    assert found.state is State.failed
    assert "not a SQLite database" in found.found


async def test_a_file_that_another_program_holds_is_unreachable(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "fynix.db")
    settings = load_settings(data_dir=tmp_path, **COMMON)
    holder = sqlite3.connect(tmp_path / "fynix.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    found = await findings(check_migrations, settings)

    holder.close()
    assert found["schema"].state is State.skipped


async def test_a_url_that_cannot_be_used_skips_what_stands_on_it(settings: Settings) -> None:
    problem = Problem("DATABASE_URL", "database_url", "not a URL", "write one")
    around = Surroundings(settings, (problem,))

    database = await findings_around(check_database, around)
    schema = await findings_around(check_migrations, around)

    assert database["answers"].found == "skipped: DATABASE_URL cannot be used"
    assert schema["schema"].state is State.skipped


async def test_a_database_that_says_nothing_is_given_up_and_hides_no_other_part() -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    url = f"postgresql://fynix@127.0.0.1:{port}/fynix"
    around = Surroundings(load_settings(database_url=url, **COMMON))
    checks = {"database": check_database, "permissions": check_permissions}

    parts = [found async for found in examine(around, checks, deadline_seconds=0.2)]

    silent.close()
    assert [it.name for it in parts[0]] == ["deadline"]
    assert parts[0][0].found == "no answer within 0.2 s"
    assert parts[1][0].name == "data_folder"


def test_a_disk_with_little_room_is_a_warning_and_with_hardly_any_a_failure(
    tmp_path: Path,
) -> None:
    assert judge_space(tmp_path, 2 * 2**30).state is State.ok
    assert judge_space(tmp_path, 2**29).state is State.warning
    assert judge_space(tmp_path, HARDLY_ANY_BYTES - 1).state is State.failed


@pytest.mark.parametrize(
    ("workers", "pool_size", "state"),
    [(4, 5, State.ok), (4, 24, State.warning), (8, 20, State.failed)],
)
def test_connections_that_postgres_does_not_have_are_told(
    workers: int, pool_size: int, state: State
) -> None:
    settings = load_settings(
        database_url=AWAY,
        redis_url="redis://127.0.0.1",
        workers=workers,
        database_pool_size=pool_size,
        jwt_secret_key=COMMON["jwt_secret_key"],
    )

    found = judge_connections(settings, 97)

    assert found.state is state
    if state is not State.ok:
        assert f"FYNIX_DATABASE_POOL_SIZE={92 // workers}" in str(found.mend)
