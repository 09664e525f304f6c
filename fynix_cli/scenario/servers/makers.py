"""Making a world for each scenario: embedded, full, or the one server that runs already."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from fynix_cli.errors import CommandError
from fynix_cli.scenario.servers.forks import migrate_database
from fynix_cli.scenario.servers.node_plan import NodePlan
from fynix_cli.scenario.servers.run_folder import run_folder
from fynix_cli.scenario.servers.template import sqlite_template
from fynix_cli.scenario.servers.world import (
    RemoteWorld,
    ServerSpec,
    World,
    embedded_plan,
    private_world,
    shared_plans,
)
from fynix_cli.stack import StackError
from fynix_cli.stack.databases import create_database, drop_database
from fynix_cli.stack.postgres import Postgres, start_postgres
from fynix_cli.stack.valkey import Valkey, start_valkey

_TEMPLATE = "fynix_template"


class WorldMaker(Protocol):
    """Makes the world of one scenario. `name`: how the stack is called in reports."""

    name: str

    def world(self, spec: ServerSpec) -> AbstractAsyncContextManager[World]:
        """A world for as long as the block runs. Raises: CommandError."""


class RemoteMaker:
    """All scenarios share the server that runs at `url`."""

    name = "remote"

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def world(self, spec: ServerSpec) -> AsyncIterator[World]:
        world = RemoteWorld(self._url)
        if not await world.is_alive():
            raise CommandError(
                f"there is no server at {self._url}",
                hint="start it, or leave out --server for a private one",
            )
        yield world


class EmbeddedMaker:
    """SQLite and fakeredis: one process, and one file, a scenario."""

    name = "embedded"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template: asyncio.Task[Path] | None = None

    @asynccontextmanager
    async def world(self, spec: ServerSpec) -> AsyncIterator[World]:
        if self._template is None:
            self._template = asyncio.create_task(sqlite_template(self._folder))
        template = await asyncio.shield(self._template)
        folder = self._folder / f"embedded{next(self._numbers)}"
        async with private_world([embedded_plan(folder, template, spec)]) as world:
            yield world


class FullMaker:
    """Postgres and Valkey: a database of its own a scenario; Valkeys are lent, emptied."""

    name = "full"

    def __init__(self, folder: Path, postgres: Postgres, valkeys: list[Valkey]) -> None:
        self._folder = folder
        self._postgres = postgres
        self._valkeys = valkeys
        self._numbers = itertools.count(1)
        self._template: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def world(self, spec: ServerSpec) -> AsyncIterator[World]:
        if self._template is None:
            self._template = asyncio.create_task(self._make_template())
        await asyncio.shield(self._template)
        number = next(self._numbers)
        name = f"scenario{number}"
        url = await create_database(self._postgres, name, _TEMPLATE)
        valkey = self._valkeys.pop()
        try:
            plans = shared_plans(self._folder / f"full{number}", url, valkey.url(), spec)
            async with private_world(plans, valkey) as world:
                yield world
        finally:
            await _empty(valkey)
            self._valkeys.append(valkey)
            await drop_database(self._postgres, name)

    async def _make_template(self) -> None:
        url = await create_database(self._postgres, _TEMPLATE)
        overrides = {"database_url": url, "jwt_secret_key": "for-migrating-only-" * 3}
        await migrate_database(NodePlan(overrides, 0, self._folder / "migrating.log"))


async def _empty(valkey: Valkey) -> None:
    import redis.asyncio as redis

    async with redis.from_url(valkey.url()) as client:
        await client.flushall()


@contextmanager
def private_makers(*, jobs: int, is_full: bool) -> Iterator[dict[str, WorldMaker]]:
    """The makers by name, for as long as the block runs; `full` only where it is asked for.

    To be called from the main thread, before the loop, after `forks.prepare`. Raises: CommandError.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(run_folder()))
        makers: dict[str, WorldMaker] = {"embedded": EmbeddedMaker(folder)}
        if is_full:
            makers["full"] = _full_maker(stack, folder, jobs)
        yield makers


def _full_maker(stack: ExitStack, folder: Path, jobs: int) -> FullMaker:
    try:
        postgres = start_postgres(folder / "postgres", is_durable=False)
        stack.callback(postgres.stop)
        valkeys = []
        for number in range(jobs):
            valkeys.append(start_valkey(folder / f"valkey{number}"))
            stack.callback(valkeys[-1].stop)
    except StackError as error:
        raise CommandError(str(error)) from error
    return FullMaker(folder, postgres, valkeys)
