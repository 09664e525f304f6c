"""Making sure that what SQLite has replaced is in none of its files any more."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import make_url

from fynix_server.settings import Settings

CHECKPOINT_ATTEMPTS = 40
CHECKPOINT_WAIT_MS = 50
"""How long writers may wait for a checkpoint that itself waits for a reader."""
QUICK_VACUUM_BYTES = 4 * 2**20
"""Writing a file of messages anew took 6 ms of a core for each MiB: this much, a quarter of the
100 ms that nobody may hold a lock for."""


async def empty_log(settings: Settings) -> bool:
    """Move everything from the write-ahead log into the file, and cut the log to no bytes.

    False: somebody read all the while from before; the log goes with a later checkpoint.
    Raises: sqlite3.Error.
    """
    for _ in range(CHECKPOINT_ATTEMPTS):
        if await asyncio.to_thread(_checkpoint, _path(settings)):
            return True
        await asyncio.sleep(CHECKPOINT_WAIT_MS / 1000)
    return False


async def vacuum(settings: Settings, *, is_wanted: bool) -> bool:
    """Write the file anew, without what pages hold between their rows; whether that was done.

    Overwriting (`secure_delete`) does not reach the copies of rows and keys that splitting a page
    leaves there. Nobody can write meanwhile, so that a large file has to be asked for.
    Raises: sqlite3.Error.
    """
    path = _path(settings)
    if not is_wanted and path.stat().st_size > QUICK_VACUUM_BYTES:
        return False
    patience_seconds = settings.database_timeout_seconds
    return await asyncio.to_thread(_vacuum, path, patience_seconds)


def _path(settings: Settings) -> Path:
    return Path(make_url(settings.resolved_database_url).database or "")


def _checkpoint(path: Path) -> bool:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The work itself without a lock; then only the rest of it, and the cut, under one.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
        (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(is_busy == 0)
    finally:
        connection.close()


def _vacuum(path: Path, patience_seconds: int) -> bool:
    connection = sqlite3.connect(path, timeout=patience_seconds, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in ("SQLITE_BUSY", "SQLITE_FULL"):
            raise
        return False
    finally:
        connection.close()
    return True
