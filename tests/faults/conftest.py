"""Servers of a module's own, which its tests may break, and instances on them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fynix_cli.stack.postgres import Postgres, start_postgres
from fynix_cli.stack.valkey import Valkey
from fynix_server.app import create_app
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import load_settings
from fynix_server.sockets import live as live_sockets
from tests.conftest import COMMON
from tests.faults.instances import Cluster, Instance
from tests.people import MovableClock
from tests.running import run_app
from tests.stacks import create_database, valkey_server


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres of this module alone, which its tests may break."""
    # Durable, unlike the one of other tests: what was acknowledged must survive a kill.
    server = start_postgres(tmp_path_factory.mktemp("postgres"))
    try:
        url = asyncio.run(create_database(server, "fynix"))
        asyncio.run(upgrade(load_settings(database_url=url, **COMMON)))
        yield server
    finally:
        server.go_on()
        server.stop()


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey of this module alone, which its tests may break."""
    server = valkey_server(tmp_path_factory.mktemp("valkey"))
    yield server
    server.go_on()
    server.stop()


@pytest.fixture
async def cluster(
    own_postgres: Postgres, own_valkey: Valkey, tmp_path: Path
) -> AsyncIterator[Cluster]:
    """Instances of which none may have a task that died."""
    settings = load_settings(
        database_url=own_postgres.url("fynix"),
        redis_url=own_valkey.url(),
        data_dir=tmp_path,
        rate_limit_login="1000/60",  # all these people have one address
        **COMMON,
    )
    async with AsyncExitStack() as stack:
        cluster = Cluster(settings, stack)
        yield cluster
        died = [it.resources.failed_task for it in cluster.instances if it.has_failed]
    assert died == []


@pytest.fixture
def sqlite_file(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """The database of `sqlite_instance`."""
    return Path(shutil.copy(migrated_sqlite, tmp_path / "fynix.db"))


@pytest.fixture
async def sqlite_instance(sqlite_file: Path) -> AsyncIterator[Instance]:
    """An instance that waits for its database for a second."""
    settings = load_settings(data_dir=sqlite_file.parent, database_timeout_seconds=1, **COMMON)
    clock = MovableClock()
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        instance = Instance(url, app, clock, stack)
        yield instance
        assert not instance.has_failed


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instances look for what they have missed when something tells them to, never by the way."""
    monkeypatch.setattr(live_sockets, "RECONCILE_SECONDS", 1000.0)
