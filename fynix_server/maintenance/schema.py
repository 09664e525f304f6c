"""Running migrations, and knowing whether a database has had them.

Alembic takes a third of a second to import, so that only what runs steps does so: whether a
database is current is told by plain SQL and by the names of the files in `migrations/versions`.
"""

import io
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from fynix_server.database import Database
from fynix_server.maintenance.schema_errors import SchemaError, explained, sqlite_path
from fynix_server.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"

# Any number does, as long as every migrator of every version takes the same one.
_ADVISORY_LOCK = 0x66796E6978

Say = Callable[[str], None]


@dataclass(frozen=True)
class SchemaState:
    """How far a database has come. `current` is None where no step has run yet."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def revisions() -> tuple[str, ...]:
    """Every step this version knows, first to last."""
    return tuple(sorted(path.stem for path in VERSIONS.glob("[0-9]*.py")))


def pending(state: SchemaState, to: str = "head") -> tuple[str, ...]:
    """The steps that `upgrade` would run, in order.

    Raises: SchemaError (`to` is no step).
    """
    known = revisions()
    first = known.index(state.current) + 1 if state.current else 0
    return known[first : known.index(resolved(to)) + 1]


def resolved(to: str) -> str:
    """The step that `to` means: `head`, a whole name, or its number.

    Raises: SchemaError (there is no such step).
    """
    known = revisions()
    if to == "head":
        return known[-1]
    for name in known:
        if to in (name, name.split("_", 1)[0]):
            return name
    raise SchemaError(f"There is no migration {to!r}; this version has {', '.join(known)}.")


async def state(settings: Settings) -> SchemaState:
    """How far the database has come. Makes nothing: a missing SQLite file stays missing.

    Raises: SchemaError (the database is away, damaged, or newer than this version).
    """
    path = sqlite_path(settings)
    if path is not None and not path.exists():
        return SchemaState(None, revisions()[-1])
    async with _connection(settings) as connection:
        return await _read_state(connection)


async def upgrade(settings: Settings, to: str = "head", say: Say | None = None) -> SchemaState:
    """Run the steps up to `to`, all or none, and return where the database stood before.

    Two at once wait for one another. `say` is told that it waits (default: a line on stderr).

    Raises: SchemaError (the database is away, damaged, newer than this version, or already
        past `to`; or a step failed).
    """
    target = resolved(to)
    if settings.database_url is None:
        settings.make_data_dir()
    _make_file_of_owner(settings)
    async with _connection(settings) as connection:
        await _lock(connection, say or _say_on_stderr)
        before = await _read_state(connection)
        if before.current is not None and before.current > target:
            raise SchemaError(
                f"The database is at {before.current}, past {target}; there is no way back but a "
                "backup."
            )
        if before.current != target:
            await connection.run_sync(_run_steps, target)
    return before


def _make_file_of_owner(settings: Settings) -> None:
    """A new SQLite file that nobody else may read; SQLite gives its -wal and -shm the same mode.

    By itself it would go by the umask, and everybody's messages be everybody's to read.
    """
    path = sqlite_path(settings)
    if path is None or path.name in ("", ":memory:") or str(path).startswith("file:"):
        return
    with suppress(OSError):
        # Where it cannot be made, opening it says so, and why.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def write_sql(settings: Settings, to: str = "head") -> str:
    """The SQL of every step up to `to`, from an empty database, for someone else to run.

    Raises: SchemaError (`to` is no step).
    """
    from alembic import command

    target = resolved(to)
    buffer = io.StringIO()
    config = _config(output_buffer=buffer)
    config.attributes["dialect_name"] = "sqlite" if settings.is_sqlite else "postgresql"
    command.upgrade(config, target, sql=True)
    return buffer.getvalue()


def _config(**options: Any) -> "Config":
    from alembic.config import Config

    config = Config(**options)
    config.set_main_option("script_location", str(VERSIONS.parent).replace("%", "%%"))
    return config


def _run_steps(connection: "Connection", target: str) -> None:
    from alembic import command

    config = _config(stdout=io.StringIO())
    config.attributes["connection"] = connection
    command.upgrade(config, target)


async def _read_state(connection: AsyncConnection) -> SchemaState:
    known = revisions()
    has_table = await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version"))
    current = None
    if has_table:
        current = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    if current is not None and current not in known:
        raise SchemaError(
            f"The database was made by a newer Fynix (its schema is {current!r}, this version "
            f"knows up to {known[-1]!r}); upgrade Fynix: pip install --upgrade fynix"
        )
    return SchemaState(current, known[-1])


async def _lock(connection: AsyncConnection, say: Say) -> None:
    """Wait for other migrators. SQLite needs nothing here: its transaction began IMMEDIATE."""
    if connection.dialect.name == "sqlite":
        return
    key = {"key": _ADVISORY_LOCK}
    if not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), key):
        say("Another migration is running; waiting for it to end …")
        # Let go at the commit: whoever waits then sees what was done.
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)


def _say_on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    engine = _engine(settings)
    try:
        async with engine.begin() as connection:
            yield connection
    except (DBAPIError, OperationalError, OSError, TimeoutError) as error:
        raise explained(error, settings) from error
    finally:
        await engine.dispose()


def _engine(settings: Settings) -> AsyncEngine:
    if settings.is_sqlite:
        engine = Database(settings).engine

        @event.listens_for(engine.sync_engine, "connect")
        def _relax(connection: Any, _record: Any) -> None:
            # A step that copies a table drops the old one, which would cascade to its children.
            connection.execute("PRAGMA foreign_keys=OFF")

        return engine
    # Not the server's engine: a step over many rows takes longer than a request may.
    return create_async_engine(
        settings.resolved_database_url,
        poolclass=NullPool,
        connect_args={
            "timeout": settings.database_timeout_seconds,
            "server_settings": {"application_name": "fynix migrate"},
        },
    )
