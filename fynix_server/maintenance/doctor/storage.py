"""Invariants that the database itself should keep: its file, its constraints, what they promise.

A restored or hand-made database may lack a constraint, and hold what it would have refused.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Table,
    UniqueConstraint,
    Uuid,
    and_,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.doctor.invariant import Finding, Invariant, count_rows, note_all
from fynix_server.tables import TABLES


async def _examine_file(connection: AsyncConnection) -> Finding:
    """What SQLite says of its own file; Postgres has no such question, and is not asked."""
    finding = Finding()
    if connection.dialect.name == "sqlite":
        finding.checked = 1
        for (problem,) in await connection.execute(text("PRAGMA integrity_check")):
            if problem != "ok":
                finding.note({"problem": problem})
    return finding


# ── constraints ──────────────────────────────────────────────────────────────────────────────


async def _examine_constraints(connection: AsyncConnection) -> Finding:
    finding = Finding()
    unusable = await _unusable_indexes(connection)
    found = await connection.run_sync(lambda sync: set(_found(sync, unusable)))
    for table in TABLES:
        for rule in _expected(table):
            finding.checked += 1
            if rule not in found:
                finding.note({"missing": rule})
    return finding


def _expected(table: Table) -> Iterator[str]:
    """A line for each rule that the models set for a table."""
    yield _rule(table.name, "primary key", (it.name for it in table.primary_key.columns))
    for column in table.columns:
        yield _rule(table.name, "column", [column.name])
        if not column.nullable:
            yield _rule(table.name, "not null", [column.name])
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield _rule(table.name, "unique", (it.name for it in constraint.columns))
    for key in table.foreign_keys:
        yield _reference(table.name, key.parent.name, key.target_fullname, key.ondelete)
    for index in table.indexes:
        kind = "unique" if index.unique else "index"
        yield _rule(table.name, kind, (it.name for it in index.columns))


def _found(connection: Connection, unusable: Collection[str | None]) -> Iterator[str]:
    """The same of the tables that are there. Names of constraints do not matter."""
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        yield _rule(table, "primary key", inspector.get_pk_constraint(table)["constrained_columns"])
        for column in inspector.get_columns(table):
            yield _rule(table, "column", [column["name"]])
            if not column["nullable"]:
                yield _rule(table, "not null", [column["name"]])
        for unique in inspector.get_unique_constraints(table):
            yield _rule(table, "unique", unique["column_names"])
        for index in inspector.get_indexes(table):
            if index["name"] not in unusable:
                kind = "unique" if index["unique"] else "index"
                yield _rule(table, kind, (it or "" for it in index["column_names"]))
        for key in inspector.get_foreign_keys(table):
            target = f"{key['referred_table']}.{key['referred_columns'][0]}"
            ondelete = key["options"].get("ondelete")
            yield _reference(table, key["constrained_columns"][0], target, ondelete)


async def _unusable_indexes(connection: AsyncConnection) -> set[str | None]:
    """Those that Postgres was interrupted in making, and neither uses nor enforces."""
    if connection.dialect.name == "sqlite":
        return set()
    query = text(
        "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid"
    )
    return set((await connection.execute(query)).scalars())


def _rule(table: str, kind: str, columns: Iterable[str]) -> str:
    return f"{table}: {kind} ({', '.join(columns)})"


def _reference(table: str, column: str, target: str, ondelete: str | None) -> str:
    return f"{table}: {column} references {target} on delete {(ondelete or 'restrict').lower()}"


# ── what constraints promise ─────────────────────────────────────────────────────────────────


async def _examine_keys(connection: AsyncConnection) -> Finding:
    finding = Finding()
    for table in TABLES:
        for columns in _keys(table):
            finding.checked += await count_rows(connection, table)
            await note_all(connection, _doubled(table, columns), finding)
    return finding


def _keys(table: Table) -> Iterator[list[Any]]:
    yield list(table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns)


def _doubled(table: Table, columns: list[Any]) -> Any:
    """The rows that share a key. Index: the key's, where it is there."""
    is_whole = [column.is_not(None) for column in columns]
    shared = select(*columns).where(*is_whole).group_by(*columns).having(func.count() > 1)
    doubled = shared.subquery()
    name = literal(f"{table.name} ({', '.join(it.name for it in columns)})").label("key")
    return select(name, *_ids(table)).join(
        doubled, and_(*(doubled.c[column.name] == column for column in columns))
    )


async def _examine_references(connection: AsyncConnection) -> Finding:
    finding = Finding()
    for table in TABLES:
        for key in table.foreign_keys:
            finding.checked += await count_rows(connection, table)
            name = literal(f"{table.name}.{key.parent.name}").label("reference")
            parent = key.column.table.alias("parent")
            orphans = (
                select(name, *_ids(table))
                .outerjoin(parent, parent.c[key.column.name] == key.parent)
                .where(key.parent.is_not(None), parent.c[key.column.name].is_(None))
            )
            await note_all(connection, orphans, finding)
    return finding


def _ids(table: Table) -> list[Any]:
    """The ids and numbers that tell a row from others; no names, no text, no hashes."""
    is_telling = (Integer, Uuid)
    return [
        column.label("conversation_id")
        if table.name == "conversations" and column.primary_key
        else column
        for column in table.columns
        if isinstance(column.type, is_telling) and (column.primary_key or column.foreign_keys)
    ]


STORAGE = (
    Invariant(
        "file",
        "SQLite finds its own file in order",
        "Stop the server, copy the file away, and restore a backup.",
        _examine_file,
    ),
    Invariant(
        "constraints",
        "every column, key, reference and index of the schema is there",
        "Make it anew: fynix migrate --sql prints how.",
        _examine_constraints,
    ),
    Invariant(
        "unique_keys",
        "no two rows share what only one may have",
        "Choose which of them is right, delete or change the other by hand, and make the "
        "constraint anew.",
        _examine_keys,
    ),
    Invariant(
        "references",
        "every row that a row refers to is there",
        "Restore it from a backup, or delete by hand what refers to nothing.",
        _examine_references,
    ),
)
