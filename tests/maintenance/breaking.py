"""Breaking a database behind the server's back, also where a constraint would refuse it."""

import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Executable, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from fynix_server.maintenance.doctor.examination import INVARIANTS
from fynix_server.maintenance.doctor.invariant import Finding
from fynix_server.settings import Settings


@dataclass(frozen=True)
class Break:
    """`statements` break `invariant`, and unavoidably those of `also`.

    `drops`: a table and its constraint that would refuse them. `is_restored`: mending leads back
    to what was there before, not only to what is sound.
    """

    invariant: str
    what: str
    statements: Sequence[Executable]
    also: frozenset[str] = frozenset()
    drops: tuple[str, str] | None = None
    is_restored: bool = True

    @property
    def broken(self) -> set[str]:
        """What an examination has to find, and nothing else."""
        return {self.invariant, *self.also, *(["constraints"] if self.drops else [])}


async def break_by_hand(settings: Settings, case: Break) -> None:
    """Do it as somebody would who has the database's password and no server."""
    async with _opened(settings) as connection:
        await _break(connection, case)


async def found_while_broken(settings: Settings, case: Break) -> dict[str, Finding]:
    """What every invariant finds in a database that is broken and then left as it was."""
    async with _opened(settings) as connection:
        await _break(connection, case)
        found = {it.name: await it.examine(connection) for it in INVARIANTS}
        await connection.rollback()
    return found


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(settings.resolved_database_url, poolclass=NullPool)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":  # the driver would not, before a change of tables
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _break(connection: AsyncConnection, case: Break) -> None:
    if connection.dialect.name != "sqlite":  # SQLite heeds no references unless asked to
        await connection.execute(text("SET session_replication_role = replica"))
    if case.drops:
        await connection.run_sync(_drop_constraint, *case.drops)
    for statement in case.statements:
        result = await connection.execute(statement)
        # -1 for what is not about rows.
        assert result.rowcount != 0, f"{case.what}: nothing was there to break"


def _drop_constraint(connection: Connection, table: str, constraint: str) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"))
        return
    parts = connection.execute(
        text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"),
        {"table": table},
    ).all()
    (made,) = [sql for kind, sql in parts if kind == "table"]
    freed, count = re.subn(rf",\s*CONSTRAINT {constraint} UNIQUE \([^)]*\)", "", made)
    assert count == 1
    freed = freed.replace(f"CREATE TABLE {table}", "CREATE TABLE freed", 1)
    for sql in (
        freed,
        f"INSERT INTO freed SELECT * FROM {table}",  # noqa: S608 - one of our own tables
        f"DROP TABLE {table}",
        f"ALTER TABLE freed RENAME TO {table}",
        *(sql for kind, sql in parts if kind == "index"),
    ):
        connection.execute(text(sql))


def damage_index(path: Path) -> None:
    """Take an index out of SQLite's sight while a row changes, and put it back."""
    name = "idx_conversations_updated_at"
    for statement in (
        "CREATE TABLE aside AS SELECT * FROM sqlite_master WHERE name = ?",
        "DELETE FROM sqlite_master WHERE name = ?",
    ):
        _write_schema(path, statement, name)
    _write_schema(path, "UPDATE conversations SET updated_at = ?", "2001-01-01 00:00:00.000000")
    _write_schema(path, "INSERT INTO sqlite_master SELECT * FROM aside WHERE name = ?", name)


def _write_schema(path: Path, statement: str, argument: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(statement, (argument,))
    connection.commit()
    connection.close()
