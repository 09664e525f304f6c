"""Giving the disk back what deleted rows took: a thing of its own, since it blocks or costs."""

import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fynix_server.errors import Conflict
from fynix_server.settings import Settings
from fynix_server.tables import TABLES


def needed_bytes(settings: Settings) -> int:
    """Free disk that it takes: SQLite writes the file anew beside it, and then its log."""
    return 2 * _file(settings).stat().st_size if settings.is_sqlite else 0


def vacuum_sqlite(settings: Settings) -> None:
    """Write the file anew, without what is free in it. Nobody writes meanwhile.

    Raises: Conflict (too little room on the disk, or somebody was writing all the time).
    """
    path = _file(settings)
    free = shutil.disk_usage(path.parent).free
    needed = needed_bytes(settings)
    if free < needed:
        raise Conflict(
            f"It takes {needed} bytes of free disk, and there are {free}.", code="disk_is_full"
        )
    connection = sqlite3.connect(path, timeout=settings.database_timeout_seconds)
    try:
        connection.execute("VACUUM")
        # Its pages went into the log; the file itself shrinks when the log is written back.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise Conflict(f"SQLite cannot do it now: {error}.", code="database_is_busy") from error
    finally:
        connection.close()


async def vacuum_postgres(settings: Settings) -> None:
    """Make the room of deleted rows free for new ones. Blocks nobody; gives little back."""
    engine = create_async_engine(
        settings.resolved_database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    try:
        async with engine.connect() as connection:
            for table in TABLES:
                await connection.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")
    finally:
        await engine.dispose()


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.resolved_database_url).database or "")
