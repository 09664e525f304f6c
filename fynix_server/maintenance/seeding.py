"""Filling a database with made-up people and what they said to each other."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import asyncpg
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.database import Database
from fynix_server.errors import Conflict
from fynix_server.maintenance import seed_rows
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.maintenance.schema_errors import explained
from fynix_server.maintenance.seed_plan import SeedPlan
from fynix_server.maintenance.seed_rows import ConversationRows
from fynix_server.settings import Settings
from fynix_server.tables import (
    TABLES,
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    Table,
    User,
)

NO_PASSWORD = "!"  # noqa: S105 - no hash looks like this, so that no password matches it

# A running server can write between two transactions; this many rows take about a second.
_ROWS_PER_COMMIT = 50_000
# Well within the time that a statement may take, and often enough for a progress bar.
_ROWS_PER_STATEMENT = 10_000


async def check_is_new(settings: Settings, plan: SeedPlan) -> None:
    """Raises: Conflict (this seed was used on this database before)."""
    database = Database(settings)
    try:
        async with database.read() as connection:
            known = select(User.id).where(User.id == plan.people[0].id)
            if (await connection.execute(known)).first() is not None:
                raise _used_before(plan)
    finally:
        await database.close()


async def seed_database(
    settings: Settings,
    plan: SeedPlan,
    password_hash: str | None,
    advance: Callable[[int], None],
) -> None:
    """Store everything of `plan`; `advance` is told of messages as they are stored.

    Commits whole conversations, many at a time: who interrupts it keeps those stored so far.

    Raises: Conflict (this seed was used on this database before), SchemaError, Unavailable.
    """
    database = Database(settings)
    try:
        async with database.write() as connection:
            await _insert_people(connection, plan, password_hash or NO_PASSWORD)
        for batch in _batches(plan):
            async with database.write() as connection:
                await _insert_conversations(connection, batch, advance)
        if not database.is_sqlite:
            # Postgres counts by itself, but a minute later, and plans badly until then.
            async with database.write() as connection:
                names = ", ".join(table.name for table in TABLES)
                await connection.execute(text(f"ANALYZE {names}"))
    except (DBAPIError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise explained(error, settings) from error
    finally:
        await database.close()


async def _insert_people(connection: AsyncConnection, plan: SeedPlan, password_hash: str) -> None:
    rows = [
        {
            "id": person.id,
            "username": person.username,
            "display_name": person.display_name,
            "password_hash": password_hash,
            "created_at": person.created_at,
            "updated_at": person.created_at,
        }
        for person in plan.people
    ]
    try:
        await connection.execute(insert(User), rows)
    except IntegrityError as error:
        raise _used_before(plan) from error


def _used_before(plan: SeedPlan) -> Conflict:
    return Conflict(
        f"This database has people of seed {plan.request.seed} already; take another --seed.",
        code="seed_used",
    )


def _batches(plan: SeedPlan) -> Iterator[list[ConversationRows]]:
    """Conversations in their order, as many together as one commit takes."""
    batch: list[ConversationRows] = []
    row_count = 0
    for number, conversation in enumerate(plan.conversations):
        # Each its own numbers, so that none changes with what was made before it.
        rng = Random(f"{plan.request.seed}:conversation:{number}")
        batch.append(seed_rows.rows_of(conversation, rng))
        row_count += conversation.message_count + len(conversation.members)
        if row_count >= _ROWS_PER_COMMIT:
            yield batch
            batch, row_count = [], 0
    yield batch


async def _insert_conversations(
    connection: AsyncConnection, batch: list[ConversationRows], advance: Callable[[int], None]
) -> None:
    parts: tuple[tuple[type[Table], Sequence[str], list[tuple[Any, ...]]], ...] = (
        (Conversation, seed_rows.CONVERSATION_COLUMNS, [it.conversation for it in batch]),
        (
            ConversationParticipant,
            seed_rows.PARTICIPANT_COLUMNS,
            [row for it in batch for row in it.participants],
        ),
        (ConversationEvent, seed_rows.EVENT_COLUMNS, [it.event for it in batch]),
    )
    for table, columns, rows in parts:
        await _insert(connection, table, columns, rows)
    messages = [row for it in batch for row in it.messages]
    columns = seed_rows.MESSAGE_COLUMNS
    await _insert(connection, Message, columns, messages, advance)


async def _insert(
    connection: AsyncConnection,
    table: type[Table],
    columns: Sequence[str],
    rows: list[tuple[Any, ...]],
    advance: Callable[[int], None] = lambda count: None,
) -> None:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        part = rows[start : start + _ROWS_PER_STATEMENT]
        await bulk_insert(connection, table, columns, part)
        advance(len(part))
