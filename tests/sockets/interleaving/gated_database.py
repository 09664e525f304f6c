"""The real queries on a real SQLite file, each answer held back until the scheduler lets it go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.database import Database
from fynix_server.errors import Unavailable
from fynix_server.settings import Settings

T = TypeVar("T")


class Gates:
    """Where reads wait, in the order of their coming."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.are_in_use = False

    async def wait(self) -> None:
        if not self.are_in_use:
            return
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(gate)
        try:
            await gate
        finally:
            if gate in self.waiting:
                self.waiting.remove(gate)

    def open(self, number: int) -> None:
        self.waiting.pop(number % len(self.waiting)).set_result(None)

    def fail(self, number: int) -> None:
        gate = self.waiting.pop(number % len(self.waiting))
        gate.set_exception(Unavailable("The database does not answer; try again."))


class GatedDatabase(Database):
    """A `Database` that answers in the calling thread, so that a schedule repeats exactly.

    As on Postgres and on SQLite, a `read()` sees one moment: that of its first query. It waits
    at a gate before that, and after each query. A `write()` is one step, from begin to commit.
    """

    def __init__(self, settings: Settings, file: Path) -> None:
        super().__init__(settings)
        self.gates = Gates()
        self.writer = _engine(file, "BEGIN IMMEDIATE")
        self._readers = _engine(file, "BEGIN")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        await self.gates.wait()
        with self._readers.connect() as connection:
            yield cast(AsyncConnection, _Answering(connection, self.gates))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        with self.writer.begin() as connection:
            yield cast(AsyncConnection, _Answering(connection, None))

    async def close(self) -> None:
        self._readers.dispose()
        self.writer.dispose()
        await super().close()


class _Answering:
    """What queries need of an AsyncConnection."""

    def __init__(self, connection: Connection, gates: Gates | None) -> None:
        self._connection = connection
        self._gates = gates
        self.dialect = connection.dialect

    async def run_sync(self, call: Callable[..., T], *arguments: Any) -> T:
        return call(self._connection, *arguments)

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        result = self._connection.execute(statement, parameters)
        if self._gates is None or not result.returns_rows:
            return result
        fetched = result.freeze()  # as the async drivers do: every row is here, whatever follows
        await self._gates.wait()
        return fetched()


def _engine(file: Path, begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}", connect_args={"isolation_level": None}, max_overflow=-1
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
