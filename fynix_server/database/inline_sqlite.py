"""sqlite3 for the writer, without a thread for what never waits.

aiosqlite hands each call to a thread: four times for a statement, which costs ten times what the
statement does, and is waited for in the queue for the interpreter's lock. The writer holds the
write lock, so its statements wait for nobody, and touch few pages: they run where they are.
What waits goes to a thread: for another process at BEGIN, for the disk at COMMIT, and for
statements that may touch many rows. Measured in docs/decisions/0019-inline-sqlite.md.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

T = TypeVar("T")
BEGIN_IMMEDIATE = "BEGIN IMMEDIATE"
_PRIMARY_CODE = 0xFF
"""The low byte of SQLite's error codes says what kind of error it is."""


class InlineCursor:
    """A cursor whose statements run at once, but for those that may take long."""

    def __init__(self, connection: "InlineConnection") -> None:
        self._connection = connection
        self._raw = connection.raw.cursor()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        if sql == BEGIN_IMMEDIATE:
            await self._connection.begin()
        elif _may_take_long(sql):
            await self._connection.in_thread(self._raw.execute, sql, parameters)
        else:
            self._raw.execute(sql, parameters)
        return self

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Self:
        if _may_take_long(sql):
            await self._connection.in_thread(self._raw.executemany, sql, rows)
        else:
            self._raw.executemany(sql, rows)
        return self

    async def fetchall(self) -> list[Any]:
        return self._raw.fetchall()

    async def close(self) -> None:
        self._raw.close()

    @property
    def description(self) -> Any:
        return self._raw.description

    @property
    def rowcount(self) -> int:
        return self._raw.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._raw.lastrowid


class InlineConnection:
    """A connection with as much of aiosqlite's interface as SQLAlchemy's dialect asks of it.

    `patience_ms`: how long BEGIN waits for another process.
    """

    def __init__(self, raw: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self.raw = raw
        self.patience_ms = 0
        self._thread = thread
        self._connection: sqlite3.Connection | None = raw
        """None: closed. By this name the dialect asks."""

    def cursor(self) -> InlineCursor:
        return InlineCursor(self)

    async def execute(self, sql: str) -> InlineCursor:
        """For callers of the bare driver."""
        return await self.cursor().execute(sql)

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """For bulk loads past SQLAlchemy: in the thread, since there is no end to them."""
        await self.in_thread(self.raw.executemany, sql, rows)

    async def begin(self) -> None:
        """Take the write lock: at once, or in the thread where another process holds it."""
        self.raw.execute("PRAGMA busy_timeout=0")
        try:
            self.raw.execute(BEGIN_IMMEDIATE)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            self.raw.execute(f"PRAGMA busy_timeout={self.patience_ms}")
            await self.in_thread(self.raw.execute, BEGIN_IMMEDIATE)

    async def commit(self) -> None:
        await self.in_thread(self.raw.commit)

    async def rollback(self) -> None:
        if self.raw.in_transaction:
            await self.in_thread(self.raw.rollback)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection = None
            await self.in_thread(self.raw.close)
            self._thread.shutdown(wait=False)

    def stop(self) -> None:
        """Close it where nobody can wait for that any more."""
        if self._connection is not None:
            self._connection = None
            self._thread.submit(self.raw.close)
            self._thread.shutdown(wait=False)

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        self.raw.create_function(*arguments, **options)

    def in_thread(self, call: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)


async def connect(path: str, **options: Any) -> "InlineConnection":
    """Open the file as `aiosqlite.connect` does; `options` are those of `sqlite3.connect`."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
    # The thread and the loop take turns: the loop awaits whatever it gives to the thread.
    options["check_same_thread"] = False
    loop = asyncio.get_running_loop()
    raw = await loop.run_in_executor(thread, lambda: sqlite3.connect(path, **options))
    return InlineConnection(raw, thread)


def _may_take_long(sql: str) -> bool:
    """Whether it may touch many rows: an INSERT from a SELECT, a DELETE, the schema."""
    if sql.startswith("SELECT"):
        return False
    return "SELECT" in sql or not sql.startswith(("INSERT", "UPDATE", "PRAGMA", "BEGIN"))
