"""How SQLite or Postgres would answer what our functions ask, by EXPLAIN."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, PrimaryKeyConstraint, UniqueConstraint, event
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import TABLES


@dataclass
class Plan:
    """The indexes that are used, by our names, and the tables that are read as a whole."""

    indexes: set[str] = field(default_factory=set)
    scanned: set[str] = field(default_factory=set)


async def plan_of(connection: AsyncConnection, ask: Callable[[], Awaitable[Any]]) -> Plan:
    """Of all statements that `ask` sends over `connection`. It is asked for real, too."""
    return await plan_of_statements(connection, await _statements_of(connection, ask))


async def plan_of_statements(
    connection: AsyncConnection, statements: Sequence[tuple[str, Any]]
) -> Plan:
    """Of statements as the driver gets them, with their parameters."""
    plan = Plan()
    for statement, parameters in statements:
        if connection.dialect.name == "sqlite":
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            await _note_sqlite(connection, plan, [row.detail for row in rows])
        else:
            answer = await connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {statement}", parameters
            )
            for node in _nodes(answer.scalar_one()[0]["Plan"]):
                _note_postgres(plan, node)
    return plan


async def _statements_of(
    connection: AsyncConnection, ask: Callable[[], Awaitable[Any]]
) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(
        _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        seen.append((statement, parameters))

    bare = connection.sync_connection
    event.listen(bare, "before_cursor_execute", note)
    await ask()
    event.remove(bare, "before_cursor_execute", note)
    return seen


# ── Postgres ─────────────────────────────────────────────────────────────────────────────────


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _note_postgres(plan: Plan, node: dict[str, Any]) -> None:
    if "Index Name" in node:
        plan.indexes.add(node["Index Name"])
        if "Index Cond" not in node:  # from one end to the other
            plan.scanned.add(node.get("Relation Name", node["Index Name"]))
    elif node["Node Type"] == "Seq Scan":
        plan.scanned.add(node["Relation Name"])


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────


async def _note_sqlite(connection: AsyncConnection, plan: Plan, details: list[str]) -> None:
    """Lines such as `SEARCH messages USING INDEX sqlite_autoindex_messages_2 (seq>?)`."""
    for detail in details:
        verb, _, rest = detail.partition(" ")
        if verb == "SCAN" and not rest.startswith(("(subquery", "CONSTANT")):
            plan.scanned.add(rest.split()[0])
        if " INDEX " in detail:
            name = detail.split(" INDEX ")[1].split()[0]
            plan.indexes.add(await _our_name(connection, name))


async def _our_name(connection: AsyncConnection, name: str) -> str:
    """SQLite names the indexes of keys by itself: found again by their columns."""
    if not name.startswith("sqlite_autoindex_"):
        return name
    table_name = name.removeprefix("sqlite_autoindex_").rpartition("_")[0]
    rows = await connection.exec_driver_sql(f"PRAGMA index_info({name})")
    columns = tuple(row.name for row in rows)
    (table,) = (it for it in TABLES if it.name == table_name)
    keys = (
        it for it in table.constraints if isinstance(it, PrimaryKeyConstraint | UniqueConstraint)
    )
    return next(str(it.name) for it in keys if tuple(it.columns.keys()) == columns)
