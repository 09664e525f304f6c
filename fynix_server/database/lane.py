"""The way to one engine: how long to wait on it, and what its failures mean to callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fynix_server.errors import Unavailable

AWAY_PATIENCE_SECONDS = 2.0
"""The longest wait while the database is known to be away: most callers queue behind others."""

# Postgres error classes that mean "not now", not "wrong": connection, resources, operator, locks,
# disk; and a server that has become read-only.
_TRANSIENT_SQLSTATES = ("08", "53", "57", "40", "55", "58", "25006")
log = structlog.get_logger(__name__)


class ConnectionLost(Unavailable):
    """The line to the database broke, or was given up.

    `may_repeat`: it broke before the commit, so that nothing was written, and not by silence:
    doing the same again is safe, and may well work on a new line.
    """

    may_repeat = False


class Lane:
    """The way to one engine, and how long to wait on it."""

    def __init__(self, engine: AsyncEngine, timeout_seconds: float) -> None:
        self.engine = engine
        self._timeout_seconds = timeout_seconds
        self._is_away = False
        self._watches: dict[Connection, _Watch] = {}
        self._is_postgres = engine.dialect.name == "postgresql"
        if self._is_postgres:
            self._watch_statements()

    @property
    def patience_seconds(self) -> float:
        """How long to wait now: less once the database did not answer, until it does again.

        Otherwise whoever queues behind others would wait for their timeouts and then for its own.
        """
        if self._is_away:
            return min(self._timeout_seconds, AWAY_PATIENCE_SECONDS)
        return self._timeout_seconds

    @asynccontextmanager
    async def connection(self, patience_seconds: float) -> AsyncIterator[AsyncConnection]:
        """A connection from the pool, for whoever waits so long for it, and for each statement.

        Raises: Unavailable.
        """
        watch = _Watch(patience_seconds)
        try:
            async with AsyncExitStack() as stack:
                stack.callback(self._forget, watch)  # after the connection is given back
                yield await self._take(stack, watch)
        except (TimeoutError, PoolTimeoutError, OSError) as error:
            raise self._refusal(error, watch) from error
        except DBAPIError as error:
            if is_transient(error):
                raise self._refusal(error, watch) from error
            raise
        self._note_back()

    async def _take(self, stack: AsyncExitStack, watch: "_Watch") -> AsyncConnection:
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(watch.seconds):
                connection = await stack.enter_async_context(self.engine.connect())
        except InvalidRequestError as error:
            raise ConnectionError("new connections are closed at once") from error
        lent = connection.sync_connection
        assert lent is not None  # noqa: S101 - it was started
        if self._is_postgres:
            watch.watched, watch.driver = lent, lent.connection.driver_connection
            self._watches[lent] = watch
        else:
            # Who has waited for the connection waits less for the lock.
            waited = round(asyncio.get_running_loop().time() - began, 1)
            lent.info["busy_ms"] = int(1000 * max(0.1, watch.seconds - waited))
        return connection

    def _forget(self, watch: "_Watch") -> None:
        if watch.watched is not None:
            del self._watches[watch.watched]
            watch.stop()

    def _watch_statements(self) -> None:
        """Start the watch at whatever waits for Postgres, and stop it at its answer."""

        def start(connection: Connection, *_details: Any) -> None:
            if connection in self._watches:  # whoever has the bare engine takes their time
                self._watches[connection].start()

        def stop(connection: Connection, *_details: Any) -> None:
            if connection in self._watches:
                self._watches[connection].stop()

        for moment in ("before_cursor_execute", "commit", "rollback"):
            event.listen(self.engine.sync_engine, moment, start)
        event.listen(self.engine.sync_engine, "after_cursor_execute", stop)

    def _refusal(self, error: Exception, watch: "_Watch") -> Unavailable:
        if not self._is_away:
            self._is_away = True
            log.warning("database_away", reason=_reason(error))
        if watch.driver is not None and watch.driver.is_closed():
            lost = ConnectionLost("The database does not answer; try again.")
            lost.may_repeat = not watch.is_spent
            return lost
        return Unavailable("The database cannot do this now; try again.")

    def _note_back(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("database_back")


class _Watch:
    """Ends a connection to Postgres that lets a caller wait for too long.

    By force: what is dead cannot be closed in order, and asyncpg, asked to cancel, would wait for
    that as well. Its waiting query then fails at once, and the pool makes a new connection.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.watched: Connection | None = None
        self.driver: Any = None
        self.is_spent = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._give_up)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _give_up(self) -> None:
        self.is_spent = True
        self.driver.terminate()


def is_transient(error: DBAPIError) -> bool:
    """Whether trying again later may work: the connection, a lock or the server gave out."""
    if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
        return "no such table" not in str(error.orig)
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    return sqlstate.startswith(_TRANSIENT_SQLSTATES)


def _reason(error: Exception) -> str:
    """A word for the log, without what people wrote."""
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(code or type(original).__name__)
