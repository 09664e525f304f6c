"""A running server for each test, on both stacks: the embedded one, and Postgres with Valkey."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fynix_server.app import create_app
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from tests.people import Api, MovableClock
from tests.running import run_app

SECRET = "a-secret-that-only-these-tests-use-0123456789"
QUICK_HASHES = {"password_hash_memory_kib": 8192, "password_hash_passes": 1}


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that Alembic has made; tests copy it."""
    folder = tmp_path_factory.mktemp("template")
    settings = load_settings(data_dir=folder, jwt_secret_key=SECRET)
    asyncio.run(upgrade(settings))
    return folder / "fynix.db"


@pytest.fixture(params=["embedded"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """Settings of a fresh, migrated database on either stack."""
    shutil.copy(migrated_sqlite, tmp_path / "fynix.db")
    return load_settings(
        data_dir=tmp_path, jwt_secret_key=SECRET, log_level="error", **QUICK_HASHES
    )


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
