"""A running server for each test, on both stacks: the embedded one, and Postgres with Valkey."""

import asyncio
import gc
import os
import shutil
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
import uvloop

from fynix_cli.stack.postgres import Postgres
from fynix_cli.stack.valkey import Valkey
from fynix_server.app import create_app
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from tests.database_pool import DatabasePool
from tests.people import Api, MovableClock, Serve
from tests.running import run_app
from tests.stacks import create_database, postgres_server, valkey_server

# For the tests of Fynix's own plugin of pytest.
pytest_plugins = ["pytester"]

# Tests start a hundred processes, and where bytecode may not be kept each compiles every module.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

TEMPLATE = "fynix_template"
COMMON: dict[str, Any] = {
    "jwt_secret_key": "a-secret-that-only-these-tests-use-0123456789",
    "log_level": "error",
    # Tests make many accounts; the cost of a hash is not what they test.
    "password_hash_memory_kib": 8192,
    "password_hash_passes": 1,
}
# A sixteenth of that: less than settings from outside may ask for.
QUICK_HASHES = {"password_hash_memory_kib": 512}


class ClosingLoop(uvloop.Loop):
    """A loop that closes also where a test has left something open, and says so then.

    As it closes, uvloop warns of each handle first and closes it afterwards; but a warning is an
    error here, so it would stay open, and be waited for without end.
    """

    def close(self) -> None:
        with warnings.catch_warnings(record=True) as left_open:
            warnings.simplefilter("always")
            super().close()
        for it in left_open:
            warnings.warn_explicit(it.message, it.category, it.filename, it.lineno)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that `fynix serve` runs on, which is also the quicker one."""
    return {"uvloop": ClosingLoop}


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: modules, and five thousand tests."""
    # Each server leaves enough behind that it would look through all of that every few tests.
    gc.collect()
    gc.freeze()


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
def database_pool(postgres: Postgres) -> Iterator[DatabasePool]:
    pool = DatabasePool(postgres, TEMPLATE)
    yield pool
    pool.close()


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
def database_url(database_pool: DatabasePool) -> Iterator[str]:
    """Where a migrated Postgres database without a row is."""
    with database_pool.lend() as url:
        yield url


@pytest.fixture
def settings(stack: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a fresh, migrated database and an empty Redis."""
    if stack == "embedded":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "fynix.db")
        return load_settings(data_dir=tmp_path, **COMMON)
    valkey: Valkey = request.getfixturevalue("valkey")
    with redis.from_url(valkey.url()) as client:
        client.flushall()
    url: str = request.getfixturevalue("database_url")
    return load_settings(database_url=url, redis_url=valkey.url(), data_dir=tmp_path, **COMMON)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def serve(settings: Settings, clock: MovableClock) -> AsyncIterator[Serve]:
    """Starts servers on this test's database, each with settings changed as asked."""
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> Api:
            app = create_app(settings.model_copy(update={**QUICK_HASHES, **changes}), clock)
            return Api(await stack.enter_async_context(run_app(app)), app, clock, stack)

        yield start


@pytest.fixture
async def api(serve: Serve) -> Api:
    """A server on a real socket, and people made on it."""
    return await serve()


@pytest.fixture
async def unlimited(serve: Serve) -> Api:
    """A server that people may ask as often as they can."""
    return await serve(rate_limits="off")
