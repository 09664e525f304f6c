"""Many rows at once, past SQLAlchemy's own insert, which takes several times as long."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import Table


async def bulk_insert(
    connection: AsyncConnection,
    table: type[Table],
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Store `rows`, each in the order of `columns`, in the transaction of `connection`.

    Errors are the driver's own (`sqlite3.Error`, `asyncpg.PostgresError`).
    """
    if not rows:
        return
    encoded = _encoded(connection, table, columns, rows)
    # The adapters begin their transaction with a statement of their own, and what goes straight
    # to the driver is none: without this Postgres would commit each call by itself.
    await connection.execute(select(1))
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - open, or the statement above had failed
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        # The names are our own tables' and columns'.
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
        await driver.executemany(statement, encoded)
    else:
        await driver.copy_records_to_table(table.__tablename__, records=encoded, columns=columns)


def _encoded(
    connection: AsyncConnection,
    table: type[Table],
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    """`rows` with every value as SQLAlchemy itself would hand it to the driver."""
    by_column: list[Sequence[Any]] = []
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        encode = (
            table.__table__.c[name]
            .type.dialect_impl(connection.dialect)
            .bind_processor(connection.dialect)
        )
        by_column.append([encode(value) for value in values] if encode else values)
    return list(zip(*by_column, strict=True))
