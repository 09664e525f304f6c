"""Migrations: they make what the models say, once, and say plainly why they cannot."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from fynix_cli.stack.postgres import Postgres
from fynix_server.database import Database
from fynix_server.maintenance import schema
from fynix_server.maintenance.schema_errors import SchemaError
from fynix_server.settings import Settings, load_settings
from fynix_server.tables import Table
from tests.stacks import create_database, drop_database

SECRET = "a-secret-that-only-these-tests-use-0123456789"
MIGRATORS = 4


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings)
    yield database
    await database.close()


@pytest.fixture
def empty_postgres(postgres: Postgres) -> Iterator[Settings]:
    """Settings of a Postgres database without any table."""
    name = f"empty_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name))
    yield load_settings(database_url=url, jwt_secret_key=SECRET)
    asyncio.run(drop_database(postgres, name))


def difference(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Table.metadata))


async def test_migrations_make_what_the_models_say(database: Database) -> None:
    async with database.read() as connection:
        found = await connection.run_sync(difference)

    assert found == []


async def test_a_table_that_no_migration_makes_is_noticed(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE stray (id INTEGER)"))

    async with database.read() as connection:
        found = await connection.run_sync(difference)

    assert "stray" in str(found)


async def test_a_migrated_database_is_current_and_has_nothing_due(settings: Settings) -> None:
    found = await schema.state(settings)

    assert found.is_current
    assert schema.pending(found) == ()


async def test_migrating_again_changes_nothing(settings: Settings) -> None:
    before = await schema.upgrade(settings)

    assert before == await schema.state(settings)


async def test_of_migrators_at_once_one_does_the_work_and_all_succeed(
    empty_postgres: Settings,
) -> None:
    said: list[str] = []

    befores = await asyncio.gather(
        *(schema.upgrade(empty_postgres, say=said.append) for _ in range(MIGRATORS))
    )

    newest = schema.revisions()[-1]
    found = [it.current for it in befores]
    assert found.count(None) == 1
    assert found.count(newest) == MIGRATORS - 1
    assert (await schema.state(empty_postgres)).is_current
    assert set(said) <= {"Another migration is running; waiting for it to end …"}


def test_asking_for_the_state_makes_no_file(tmp_path: Path) -> None:
    found = asyncio.run(schema.state(load_settings(data_dir=tmp_path)))

    assert found.current is None
    assert schema.pending(found) == schema.revisions()
    assert list(tmp_path.iterdir()) == []


async def test_a_database_of_a_newer_version_is_left_alone(
    settings: Settings, database: Database
) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))

    with pytest.raises(SchemaError) as refused:
        await schema.upgrade(settings)

    line = only_line(refused.value)
    assert "9999_future" in line
    assert "upgrade Fynix" in line
    assert not refused.value.is_unreachable


async def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    damaged = tmp_path / "fynix.db"
    damaged.write_bytes(b"this was a database once " * 200)

    with pytest.raises(SchemaError) as refused:
        await schema.upgrade(load_settings(data_dir=tmp_path))

    assert str(damaged) in only_line(refused.value)
    assert damaged.read_bytes().startswith(b"this was a database once ")


async def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    database = Database(settings)
    # The last table of the first step, so that the others are made before it fails.
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE conversation_events (ours INTEGER)"))

    with pytest.raises(SchemaError, match="did not make"):
        await schema.upgrade(settings)

    async with database.read() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await database.close()
    assert tables == ["conversation_events"]


async def test_a_postgres_that_nobody_runs_is_unreachable() -> None:
    settings = load_settings(
        database_url="postgresql://fynix:hidden-password@127.0.0.1:9/fynix", jwt_secret_key=SECRET
    )

    with pytest.raises(SchemaError) as refused:
        await schema.state(settings)

    line = only_line(refused.value)
    assert "127.0.0.1:9" in line
    assert "hidden-password" not in line
    assert refused.value.is_unreachable


async def test_a_postgres_without_that_database_says_how_to_make_it(postgres: Postgres) -> None:
    settings = load_settings(database_url=postgres.url("nowhere"), jwt_secret_key=SECRET)

    with pytest.raises(SchemaError) as refused:
        await schema.state(settings)

    assert "createdb nowhere" in only_line(refused.value)
    assert not refused.value.is_unreachable


async def test_a_wrong_password_is_said_and_not_shown(postgres: Postgres) -> None:
    url = f"postgresql://nobody:hidden-password@127.0.0.1:{postgres.port}/postgres"

    with pytest.raises(SchemaError) as refused:
        await schema.state(load_settings(database_url=url, jwt_secret_key=SECRET))

    line = only_line(refused.value)
    assert "'nobody'" in line
    assert "hidden-password" not in line


@pytest.mark.parametrize("step", ["head", "0001", "0001_core"])
def test_a_step_is_named_by_number_by_name_or_as_head(step: str) -> None:
    assert schema.resolved(step) in schema.revisions()


def test_a_step_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(SchemaError, match="0001_core"):
        schema.resolved("0000")


def only_line(error: SchemaError) -> str:
    """What it says, which is one line."""
    lines = str(error).splitlines()
    assert len(lines) == 1
    return lines[0]
