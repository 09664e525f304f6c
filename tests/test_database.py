"""What a reader and a writer of the database may rely on, on SQLite and on Postgres alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.settings import Settings
from fynix_server.tables import User
from tests.faults.instances import locked


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.model_copy(update={"database_pool_size": 2}))
    yield database
    await database.close()


async def _people(connection: AsyncConnection) -> int:
    return (await connection.execute(select(func.count()).select_from(User))).scalar_one()


async def _add(database: Database, name: str) -> None:
    values = {"username": name, "display_name": name, "password_hash": "!"}
    async with database.write() as connection:
        await connection.execute(insert(User).values(**values, created_at=utc_now()))


async def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(database: Database) -> None:
    async with database.read() as connection:
        before = await _people(connection)
        await _add(database, "alice")
        after = await _people(connection)
    async with database.read() as connection:
        later = await _people(connection)

    assert (before, after, later) == (0, 0, 1)


@pytest.mark.parametrize("stack", ["full"], indirect=True)
async def test_a_write_on_a_connection_that_was_read_with_sees_what_others_commit(
    database: Database,
) -> None:
    # The pool of two hands out again what these give back.
    async with database.read() as one, database.read() as other:
        await _people(one)
        await _people(other)

    async with database.write() as connection:
        before = await _people(connection)
        await _add(database, "alice")
        after = await _people(connection)
        level = (await connection.execute(text("SHOW transaction_isolation"))).scalar_one()

    assert (before, after, level) == (0, 1, "read committed")


async def test_a_write_that_is_cancelled_while_it_waits_for_the_lock_leaves_the_next_its_turn(
    database: Database,
) -> None:
    async with database.write() as holder:  # so that the one below waits for its turn
        waiting = asyncio.create_task(_add(database, "alice"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        await holder.execute(select(1))

    await _add(database, "bob")
    async with database.read() as connection:
        assert (waiting.cancelled(), await _people(connection)) == (True, 1)


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_one_that_is_cancelled_while_another_process_holds_the_lock_does_not_take_it(
    database: Database,
) -> None:
    file = database.engine.url.database
    assert file is not None
    with locked(Path(file)) as other:
        waiting = asyncio.create_task(_add(database, "alice"))
        _, pending = await asyncio.wait([waiting], timeout=0.2)
        waiting.cancel()
        other.execute("ROLLBACK")
        await asyncio.wait([waiting])

        await _add(database, "bob")
        other.execute("BEGIN IMMEDIATE")  # nobody holds it
        other.execute("ROLLBACK")
    async with database.read() as connection:
        assert (bool(pending), waiting.cancelled()) == (True, True)
        assert await _people(connection) == 1
