"""Migrated Postgres databases that tests take by turns: emptied between them, not made anew."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import asyncpg

from fynix_cli.stack.postgres import Postgres
from tests.stacks import connect_to, create_database, drop_database

FEW_BYTES = 512 * 1024
"""A table that grew past this gets a new file; of others the rows are deleted, which is quicker."""
LEAVING_SECONDS = 1.0
"""How long connections that a test has closed may take to be gone."""

# What a test may have changed in a schema, the files of its tables excepted.
_SHAPE = """
SELECT string_agg(part, chr(10) ORDER BY part) FROM (
  SELECT row(relname, attname, atttypid, attnotnull)::text AS part
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT row(adrelid, adnum, pg_get_expr(adbin, adrelid))::text FROM pg_attrdef
  UNION ALL SELECT row(conname, pg_get_constraintdef(oid))::text
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT row(tgrelid, tgname, tgenabled)::text FROM pg_trigger
  UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT version_num FROM alembic_version
) AS parts
"""
_TABLES = """
SELECT oid::regclass::text AS name, pg_relation_size(oid) > $1 AS is_big FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass
class _Database:
    name: str
    connection: asyncpg.Connection
    shape: str

    async def empty(self) -> bool:
        """Delete every row. False: somebody is still connected, or it is not as it was made."""
        if not await self._is_left() or await self.connection.fetchval(_SHAPE) != self.shape:
            return False
        emptying = [
            ("TRUNCATE {} CASCADE" if table["is_big"] else "DELETE FROM {}").format(table["name"])
            for table in await self.connection.fetch(_TABLES, FEW_BYTES)
        ]
        await self.connection.execute(";".join(emptying))
        return True

    async def _is_left(self) -> bool:
        deadline = asyncio.get_running_loop().time() + LEAVING_SECONDS
        # Postgres tells nobody that a connection has ended.
        while await self.connection.fetchval(_OTHERS):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.005)
        return True


class DatabasePool:
    """Lends databases, each to one test at a time."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        # Connections to the databases stay open between tests, whose loops do not.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._free: list[_Database] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of a migrated database without a row, for the length of the block."""
        database = self._free.pop() if self._free else self._runner.run(self._make())
        try:
            yield self._server.url(database.name)
        finally:
            if self._runner.run(database.empty()):
                self._free.append(database)
            else:
                self._runner.run(self._drop(database))

    def close(self) -> None:
        for database in self._free:
            self._runner.run(self._drop(database))
        self._runner.close()

    async def _make(self) -> _Database:
        name = f"test_{uuid4().hex}"
        await create_database(self._server, name, self._template)
        # The role of a replica checks no references, so that the order of deleting is free.
        connection = await connect_to(self._server, name, session_replication_role="replica")
        return _Database(name, connection, await connection.fetchval(_SHAPE))

    async def _drop(self, database: _Database) -> None:
        await database.connection.close()
        await drop_database(self._server, database.name)
