"""The database: one way to read, one way to write, on SQLite and on Postgres alike."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fynix_server.database.engines import (
    postgres_engine,
    sqlite_reading_engine,
    sqlite_writing_engine,
)
from fynix_server.database.lane import ConnectionLost, Lane
from fynix_server.errors import Unavailable
from fynix_server.settings import Settings

__all__ = ["ConnectionLost", "Database"]


class Database:
    """Opens connections. `read()` sees one moment of the data; `write()` commits at its end.

    SQLite has one writer at a time whatever one does. Its writers queue here, for the one
    connection of `_writing`, and take the lock at BEGIN (`BEGIN IMMEDIATE`): so nobody in this
    process ever meets "database is locked", and other processes are waited for.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_sqlite = settings.is_sqlite
        self.timeout_seconds = settings.database_timeout_seconds
        if self.is_sqlite:
            reading = sqlite_reading_engine(settings)
            writing = sqlite_writing_engine(settings)
        else:
            reading = writing = postgres_engine(settings)
        self._reading = Lane(reading, self.timeout_seconds)
        is_one = reading is writing
        self._writing = self._reading if is_one else Lane(writing, self.timeout_seconds)
        self.when_in_doubt: Callable[[], None] = _nobody_asks
        """Called where a commit was under way as the line broke: it may stand, untold of."""

    @property
    def engine(self) -> AsyncEngine:
        """For tools that need a bare engine: migrations and tests."""
        return self._writing.engine

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """Each engine once, for whoever observes queries."""
        lanes = (self._reading, self._writing) if self.is_sqlite else (self._writing,)
        return tuple(lane.engine for lane in lanes)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with.

        Raises: Unavailable (the database is away, or all connections stay busy).
        """
        async with self._reading.connection(self._reading.patience_seconds) as connection:
            if not self.is_sqlite:
                # Postgres by itself gives each query a moment of its own. The level goes along
                # with BEGIN, and the pool takes it back: neither costs a round trip.
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back if it raises.

        Raises: Unavailable (the database is away, or the lock was not to be had in time).
            ConnectionLost, one of those, says whether it may be done again.
        """
        is_committing = False
        try:
            async with (
                self._writing.connection(self._writing.patience_seconds) as connection,
                connection.begin(),
            ):
                yield connection
                is_committing = True
        except ConnectionLost as error:
            if is_committing:
                error.may_repeat = False
                self.when_in_doubt()
            raise

    async def answers(self, within_seconds: float) -> bool:
        """Whether it answers a question in time."""
        try:
            async with self._reading.connection(within_seconds) as connection:
                await connection.execute(select(literal(1)))
        except (Unavailable, DBAPIError):
            return False
        return True

    async def close(self) -> None:
        await self._reading.engine.dispose()
        await self._writing.engine.dispose()


def _nobody_asks() -> None:
    """Nobody wants to know of commits in doubt."""
