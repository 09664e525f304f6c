"""A test never sees what another left behind, though both had the same Postgres database."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from fynix_cli.stack.postgres import Postgres
from fynix_server.tables import TABLES
from tests.conftest import TEMPLATE
from tests.database_pool import FEW_BYTES, DatabasePool

INSERT = """
INSERT INTO users (id, username, display_name, password_hash, role, status, created_at, updated_at)
SELECT gen_random_uuid(), 'user' || number, repeat('x', 100), '', 'user', 'active', now(), now()
FROM generate_series(1, {}) AS number
"""


@pytest.fixture
def pool(postgres: Postgres) -> Iterator[DatabasePool]:
    pool = DatabasePool(postgres, TEMPLATE)
    yield pool
    pool.close()


def execute(url: str, statement: str) -> None:
    async def work() -> None:
        connection = await _connected(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(work())


def counts(url: str) -> set[int]:
    """How many rows the tables have."""

    async def work() -> set[int]:
        connection = await _connected(url)
        try:
            return {
                await connection.fetchval(f"SELECT count(*) FROM {table.name}")  # noqa: S608
                for table in TABLES
            }
        finally:
            await connection.close()

    return asyncio.run(work())


async def _connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


def test_databases_that_are_lent_at_once_are_two(pool: DatabasePool) -> None:
    with pool.lend() as first, pool.lend() as second:
        execute(first, INSERT.format(1))

        assert first != second
        assert counts(second) == {0}


@pytest.mark.parametrize("rows", [1, FEW_BYTES // 100])
def test_one_that_is_lent_again_has_no_row(pool: DatabasePool, rows: int) -> None:
    with pool.lend() as first:
        execute(first, INSERT.format(rows))
        assert counts(first) == {0, rows}

    with pool.lend() as second:
        assert second == first
        assert counts(second) == {0}


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE stray (id INTEGER)",
        "ALTER TABLE users ADD COLUMN stray TEXT",
        "ALTER TABLE users ALTER COLUMN display_name DROP NOT NULL",
        "ALTER TABLE messages DROP CONSTRAINT fk_messages_sender_id",
        "ALTER TABLE users ALTER COLUMN role SET DEFAULT 'admin'",
        "CREATE INDEX stray ON users (created_at)",
        "ALTER TABLE users DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = '9999_future'",
    ],
)
def test_one_whose_schema_was_changed_is_not_lent_again(pool: DatabasePool, change: str) -> None:
    with pool.lend() as first:
        execute(first, change)

    with pool.lend() as second:
        assert second != first


def test_one_that_somebody_is_still_connected_to_is_not_lent_again(pool: DatabasePool) -> None:
    with asyncio.Runner() as runner:
        with pool.lend() as first:
            staying = runner.run(_connected(first))

        with pool.lend() as second:
            assert second != first
        staying.terminate()
        runner.run(asyncio.sleep(0))  # for the loop to close it
