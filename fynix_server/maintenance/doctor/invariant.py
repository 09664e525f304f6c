"""What an invariant is, what looking at one finds, and the shape that most of them have."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Update, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

EXAMPLES = 5
"""Enough to see a pattern, few enough for a line."""


@dataclass
class Finding:
    """How many were looked at, how many are not as they must be, and a few of those.

    `examples` hold ids and numbers, and the names of tables and columns; never what people
    wrote. `conversation_ids`: all that the broken ones belong to, where they belong to any.
    """

    checked: int = 0
    broken: int = 0
    examples: list[dict[str, str | int]] = field(default_factory=list)
    conversation_ids: set[UUID] = field(default_factory=set)

    def note(self, where: Mapping[str, Any]) -> None:
        """Count one that is broken; `where`: its ids by name, None for those it lacks."""
        self.broken += 1
        if len(self.examples) < EXAMPLES:
            given = {name: value for name, value in where.items() if value is not None}
            shown = {k: it if isinstance(it, int) else str(it) for k, it in given.items()}
            self.examples.append(shown)
        conversation_id = where.get("conversation_id")
        if conversation_id is not None:
            self.conversation_ids.add(conversation_id)


Examine = Callable[[AsyncConnection], Awaitable[Finding]]
Mend = Callable[[AsyncConnection, UUID], Awaitable[int]]


@dataclass(frozen=True)
class Invariant:
    """`holds`: what is true of a healthy database. `advice`: what to do where it is not.

    `mend`, where what is broken can be derived anew, does that for one conversation, whose row
    the caller has locked, and returns how many rows it changed. It touches no message and no
    event.
    """

    name: str
    holds: str
    advice: str
    examine: Examine
    mend: Mend | None = None


def rows_of(table: Any, broken: Executable) -> Examine:
    """Looks at every row of `table`; `broken` selects the ids of those that are not right."""

    async def examine(connection: AsyncConnection) -> Finding:
        finding = Finding(checked=await count_rows(connection, table))
        await note_all(connection, broken, finding)
        return finding

    return examine


async def count_rows(connection: AsyncConnection, table: Any) -> int:
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def note_all(connection: AsyncConnection, broken: Executable, finding: Finding) -> None:
    """Note every row of `broken`, as they come: there may be millions."""
    async for row in await connection.stream(broken):
        finding.note(row._asdict())


def updating(statement: Callable[[UUID], Update]) -> Mend:
    """Mends by one UPDATE of what belongs to a conversation."""

    async def mend(connection: AsyncConnection, conversation_id: UUID) -> int:
        return (await connection.execute(statement(conversation_id))).rowcount

    return mend
