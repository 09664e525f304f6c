"""A running server for each test, on both stacks: the embedded one, and Postgres with Valkey."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from fynix_cli.stack.postgres import Postgres
from fynix_cli.stack.valkey import Valkey
from fynix_server.app import create_app
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from tests.people import Api, MovableClock
from tests.running import run_app
from tests.stacks import (
    create_database,
    drop_database,
    postgres_server,
    valkey_server,
)

TEMPLATE = "fynix_template"
COMMON: dict[str, Any] = {
    "jwt_secret_key": "a-secret-that-only-these-tests-use-0123456789",
    "log_level": "error",
    # Tests make many accounts; the cost of a hash is not what they test.
    "password_hash_memory_kib": 8192,
    "password_hash_passes": 1,
}


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that Alembic has made; tests copy it."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(upgrade(load_settings(data_dir=folder, **COMMON)))
    return folder / "fynix.db"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres with the database TEMPLATE that Alembic has made; tests copy it."""
    server = postgres_server(tmp_path_factory.mktemp("postgres"))
    try:
        url = asyncio.run(create_database(server, TEMPLATE))
        asyncio.run(upgrade(load_settings(database_url=url, **COMMON)))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = valkey_server(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture(params=["embedded", "full"])
def stack(request: pytest.FixtureRequest) -> str:
    """embedded: SQLite and fakeredis; full: Postgres and Valkey."""
    return str(request.param)


@pytest.fixture
def settings(stack: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh, migrated database and an empty Redis."""
    if stack == "embedded":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "fynix.db")
        yield load_settings(data_dir=tmp_path, **COMMON)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    valkey: Valkey = request.getfixturevalue("valkey")
    with redis.from_url(valkey.url()) as client:
        client.flushall()
    name = f"test_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name, TEMPLATE))
    yield load_settings(database_url=url, redis_url=valkey.url(), data_dir=tmp_path, **COMMON)
    asyncio.run(drop_database(postgres, name))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def api(settings: Settings, clock: MovableClock) -> AsyncIterator[Api]:
    """A server on a real socket, and people made on it."""
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        yield Api(url, app, clock, stack)
