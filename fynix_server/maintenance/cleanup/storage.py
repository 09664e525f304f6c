"""How much room tables take: rows, and bytes with their indexes."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import TABLES

_SQLITE_BYTES = """
SELECT schema.tbl_name, sum(dbstat.pgsize) FROM dbstat
JOIN sqlite_schema AS schema ON schema.name = dbstat.name
WHERE dbstat.aggregate = TRUE GROUP BY schema.tbl_name
"""
_POSTGRES_BYTES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True)
class Room:
    """`total_bytes`: of the database; `free_bytes` of it lie free in the file, for new rows.

    Bytes of a table with its indexes, None where this SQLite cannot say. Postgres does not tell
    what is free inside a table.
    """

    rows: dict[str, int]
    table_bytes: dict[str, int | None]
    total_bytes: int
    free_bytes: int | None


async def measure(connection: AsyncConnection) -> Room:
    """Of all tables. Counts them whole: seconds, where there are millions."""
    rows = {}
    for table in TABLES:
        query = select(func.count()).select_from(table)
        rows[table.name] = (await connection.execute(query)).scalar_one()
    if connection.dialect.name == "sqlite":
        return await _measure_sqlite(connection, rows)
    sizes = {name: size for name, size in await connection.execute(text(_POSTGRES_BYTES))}
    total = await connection.execute(text("SELECT pg_database_size(current_database())"))
    table_bytes: dict[str, int | None] = {name: sizes.get(name) for name in rows}
    return Room(rows, table_bytes, total.scalar_one(), None)


async def _measure_sqlite(connection: AsyncConnection, rows: dict[str, int]) -> Room:
    try:
        found = await connection.execute(text(_SQLITE_BYTES))
        sizes = {name: size for name, size in found}
    except OperationalError:  # a SQLite that was built without dbstat
        sizes = {}
    page_bytes = await _pragma(connection, "page_size")
    table_bytes: dict[str, int | None] = {name: sizes.get(name) for name in rows}
    return Room(
        rows,
        table_bytes,
        page_bytes * await _pragma(connection, "page_count"),
        page_bytes * await _pragma(connection, "freelist_count"),
    )


async def _pragma(connection: AsyncConnection, name: str) -> int:
    return int((await connection.execute(text(f"PRAGMA {name}"))).scalar_one())
