"""The engines of SQLAlchemy, as each database needs them."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from fynix_server.database import inline_sqlite
from fynix_server.settings import Settings


def sqlite_reading_engine(settings: Settings) -> AsyncEngine:
    """An engine whose transactions are snapshots; its calls run in threads."""
    engine = _sqlite_engine(settings, settings.database_pool_size, {})

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        wanted = connection.info.get("busy_ms")
        if wanted != connection.info.get("busy_ms_set"):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wanted}")
            connection.info["busy_ms_set"] = wanted
        connection.exec_driver_sql("BEGIN")

    return engine


def sqlite_writing_engine(settings: Settings) -> AsyncEngine:
    """An engine of one connection, whose transactions take the write lock as they begin."""
    engine = _sqlite_engine(settings, 1, {"async_creator_fn": inline_sqlite.connect})

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.patience_ms = connection.info.get(
            "busy_ms", settings.database_timeout_seconds * 1000
        )
        connection.exec_driver_sql(inline_sqlite.BEGIN_IMMEDIATE)

    return engine


def _sqlite_engine(settings: Settings, pool_size: int, connect_args: dict[str, Any]) -> AsyncEngine:
    """What both have in common; `lane.py` says how long their transactions may wait."""
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
            **connect_args,
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what is acknowledged survives a power cut
            "foreign_keys=ON",
            # What is deleted or replaced is overwritten. Not every SQLite does so by itself.
            "secure_delete=ON",
            f"busy_timeout={settings.database_timeout_seconds * 1000}",
            "cache_size=-32768",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def postgres_engine(settings: Settings) -> AsyncEngine:
    """An engine whose pool hands out no connection that is known to be dead."""
    # Here, for a server on SQLite needs no driver of Postgres.
    from fynix_server.database.postgres_line import PostgresLine

    timeout = settings.database_timeout_seconds
    engine = create_async_engine(
        settings.resolved_database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        hide_parameters=True,  # they are what people wrote, and errors are logged
        connect_args={
            "timeout": timeout,
            "connection_class": PostgresLine,
            "server_settings": {
                "application_name": "fynix",
                "lock_timeout": f"{timeout * 1000}",
                # A process that hangs in a transaction holds the rows that it has locked.
                "idle_in_transaction_session_timeout": f"{timeout * 3000}",
            },
        },
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def _replace_dead(connection: Any, _record: Any, _proxy: Any) -> None:
        # Cheaper than the pool's own ping, which is a transaction of three round trips: what has
        # died while it was idle has told us so, and what has not cannot be told by a ping either.
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError

    return engine
