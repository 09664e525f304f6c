"""Whether the database answers, and is set up as a server needs it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_cli.checkup.blocking import in_thread
from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.surroundings import Surroundings
from fynix_cli.exit_codes import ExitCode
from fynix_server.database import Database
from fynix_server.maintenance.schema_errors import SchemaError, explained, sqlite_path
from fynix_server.settings import Settings

CONNECT_SECONDS = 3
MIB = 2**20
FEW_BYTES = 1024 * MIB
HARDLY_ANY_BYTES = 100 * MIB
OF_OTHERS = 5
"""Connections of Postgres that are left for migrations, `fynix doctor`, backups and people."""
SYNCHRONOUS = {0: "off", 1: "normal", 2: "full", 3: "extra"}
DATABASE_FIELDS = ("database_url", "data_dir")

_tell = Teller("database")


async def check_database(around: Surroundings) -> AsyncIterator[Found]:
    """Of a SQLite file that is not there yet nothing is made."""
    if why := around.why_unknown(*DATABASE_FIELDS):
        yield _tell.skipped("answers", why)
        return
    path = sqlite_path(around.settings)
    if path is not None and not await in_thread(path.exists):
        yield _tell.warning(
            "answers", f"there is no {path} yet", "fynix serve or fynix migrate makes it"
        )
        return
    try:
        async with connection_to(around.settings) as connection:
            found = _look_at_postgres if path is None else _look_at_sqlite
            async for it in found(connection, around.settings):
                yield it
    except SchemaError as error:
        yield refusal(_tell, "answers", error)
    if path is not None:
        yield await in_thread(lambda: _space(path))


@asynccontextmanager
async def connection_to(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection to look with, which is not waited for long. Raises: SchemaError."""
    quick = settings.model_copy(update={"database_timeout_seconds": CONNECT_SECONDS})
    database = Database(quick)
    try:
        async with database.engines[0].connect() as connection:
            yield connection
    except (DBAPIError, OSError, TimeoutError) as error:
        raise explained(error, settings) from error
    finally:
        await database.close()


def refusal(tell: Teller, name: str, error: SchemaError) -> Found:
    """The line that a database's refusal is."""
    said, _, mend = str(error).partition("; ")
    code = ExitCode.UNREACHABLE if error.is_unreachable else ExitCode.FAILED
    return tell.failed(name, said, mend or "check DATABASE_URL", code)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────


async def _look_at_sqlite(connection: AsyncConnection, settings: Settings) -> AsyncIterator[Found]:
    version = await connection.scalar(text("SELECT sqlite_version()"))
    size = (sqlite_path(settings) or Path()).stat().st_size
    yield _tell.ok("answers", f"SQLite {version}, {sqlite_path(settings)}, {size / MIB:.1f} MiB")
    journal = await connection.scalar(text("PRAGMA journal_mode"))
    level = await connection.scalar(text("PRAGMA synchronous"))
    said = f"journal_mode {journal}, synchronous {SYNCHRONOUS.get(level or 0, level)}"
    if journal == "wal":
        yield _tell.ok("journal", said)
    else:
        yield _tell.warning(
            "journal",
            f"{said}: readers and the writer wait for one another",
            "keep the file on a disk of this machine, not on a network (FYNIX_DATA_DIR)",
        )


def _space(path: Path) -> Found:
    disk = shutil.disk_usage(path.parent)
    return judge_space(path.parent, disk.free)


def judge_space(folder: Path, free_bytes: int) -> Found:
    """What so much room on the disk of `folder` means."""
    said = f"{free_bytes / MIB / 1024:.1f} GiB free on the disk of {folder}"
    mend = f"make room there, or move the data to another disk: df -h {folder}"
    if free_bytes < HARDLY_ANY_BYTES:
        return _tell.failed("disk", f"{said}; sends will be refused", mend)
    if free_bytes < FEW_BYTES:
        return _tell.warning("disk", said, mend)
    return _tell.ok("disk", said)


# ── Postgres ─────────────────────────────────────────────────────────────────────────────────


async def _look_at_postgres(
    connection: AsyncConnection, settings: Settings
) -> AsyncIterator[Found]:
    began = perf_counter()
    version = await connection.scalar(text("SHOW server_version"))
    milliseconds = (perf_counter() - began) * 1000
    url = make_url(settings.resolved_database_url)
    size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
    where = f"{url.host or url.query.get('host', 'localhost')}:{url.port or 5432}/{url.database}"
    yield _tell.ok(
        "answers",
        f"PostgreSQL {version}, {where}, {(size or 0) / MIB:.1f} MiB, {milliseconds:.1f} ms",
    )
    query = "SELECT sum(setting::int) FROM pg_settings WHERE name = ANY(:names)"
    most = await connection.scalar(text(query), {"names": ["max_connections"]})
    kept = ["superuser_reserved_connections", "reserved_connections"]
    reserved = await connection.scalar(text(query), {"names": kept})
    yield judge_connections(settings, int(most or 0) - int(reserved or 0))


def judge_connections(settings: Settings, most: int) -> Found:
    """What it means that Postgres takes at most so many connections."""
    wanted = settings.workers * settings.database_pool_size
    said = (
        f"{settings.workers} x {settings.database_pool_size} of this instance's, "
        f"{most} that Postgres allows"
    )
    if wanted > most:
        return _tell.failed("connections", said, _fewer(most, settings.workers))
    if wanted + OF_OTHERS > most:
        return _tell.warning("connections", said, _fewer(most, settings.workers))
    return _tell.ok("connections", said)


def _fewer(most: int, workers: int) -> str:
    fitting = max(1, (most - OF_OTHERS) // workers)
    return (
        f"set FYNIX_DATABASE_POOL_SIZE={fitting}, or allow more: "
        "ALTER SYSTEM SET max_connections = …, and restart Postgres"
    )
