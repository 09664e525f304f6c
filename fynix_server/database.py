"""The database: one way to read, one way to write, on SQLite and on Postgres alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from fynix_server.errors import Unavailable
from fynix_server.settings import Settings

# Postgres error classes that mean "not now", not "wrong": connection, resources, operator, locks.
_TRANSIENT_SQLSTATES = ("08", "53", "57", "40", "55")


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
            self._reading = _sqlite_engine(settings, "BEGIN", settings.database_pool_size)
            self._writing = _sqlite_engine(settings, "BEGIN IMMEDIATE", 1)
        else:
            self._reading = self._writing = _postgres_engine(settings)

    @property
    def engine(self) -> AsyncEngine:
        """For tools that need a bare engine: migrations and tests."""
        return self._writing

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """Each engine once, for whoever observes queries."""
        return (self._reading, self._writing) if self.is_sqlite else (self._writing,)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with.

        Raises: Unavailable (the database is away, or all connections stay busy).
        """
        async with _translated(), self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back if it raises.

        Raises: Unavailable (the database is away, or the lock was not to be had in time).
        """
        async with _translated(), self._writing.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._reading.dispose()
        await self._writing.dispose()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (TimeoutError, PoolTimeoutError, ConnectionError, OSError) as error:
        raise Unavailable("The database does not answer; try again.") from error
    except DBAPIError as error:
        if is_transient(error):
            raise Unavailable("The database cannot do this now; try again.") from error
        raise


def is_transient(error: DBAPIError) -> bool:
    """Whether trying again later may work: the connection, a lock or the server gave out."""
    if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
        return "no such table" not in str(error.orig)
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    return sqlstate.startswith(_TRANSIENT_SQLSTATES)


def _sqlite_engine(settings: Settings, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        settings.resolved_database_url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # they are what people wrote, and errors are logged
        pool_timeout=settings.database_timeout_seconds,
        # The driver would begin transactions on its own, and only at the first write: too late
        # for a consistent read-then-write. `isolation_level=None` leaves BEGIN to the event below.
        connect_args={
            "isolation_level": None,
            "timeout": settings.database_timeout_seconds,
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what is acknowledged survives a power cut
            "foreign_keys=ON",
            f"busy_timeout={settings.database_timeout_seconds * 1000}",
            "cache_size=-32768",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(settings: Settings) -> AsyncEngine:
    timeout = settings.database_timeout_seconds
    return create_async_engine(
        settings.resolved_database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_pre_ping=True,
        hide_parameters=True,  # they are what people wrote, and errors are logged
        connect_args={
            "timeout": timeout,
            "command_timeout": timeout,
            "server_settings": {
                "application_name": "fynix",
                "lock_timeout": f"{timeout * 1000}",
            },
        },
    )
