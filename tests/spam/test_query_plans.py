"""What is asked to score somebody is found by indexes, whoever it is.

On tens of thousands of conversations, all of which moved within the day.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_cli.stack.postgres import Postgres
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.settings import Settings, load_settings
from fynix_server.spam import queries
from fynix_server.tables import Conversation, Message
from tests.conftest import COMMON, TEMPLATE
from tests.sockets.crowd import BUSY, crowd, room
from tests.sockets.query_plans import plan_of
from tests.stacks import create_database, drop_database

LARGE = {"conversations", "conversation_participants", "messages", "users"}
WEEK = timedelta(days=7)
BUSIEST, USUAL = UUID(int=1), UUID(int=17)
"""Who wrote half of 20,000 messages in one conversation; who has some twenty conversations."""

Ask = Callable[[AsyncConnection, UUID], Awaitable[Any]]
ASKED: dict[str, tuple[Ask, set[str]]] = {
    "an account's age": (queries.account_created_at, {"pk_users"}),
    "what somebody sent": (
        lambda connection, user_id: queries.sent_since(connection, user_id, utc_now() - WEEK),
        {"idx_participants_user_active", "pk_conversations", "uq_messages_conversation_id_seq"},
    ),
    "to whom somebody wrote first": (
        lambda connection, user_id: queries.openings_since(connection, user_id, utc_now() - WEEK),
        {
            "idx_participants_user_active",
            "pk_conversations",
            "pk_conversation_participants",
            "uq_messages_conversation_id_seq",
            "uq_messages_sender_id_conversation_id_client_message_id",
        },
    ),
}


async def _lively_crowd(settings: Settings) -> None:
    """The crowd, with everything said within the last day."""
    await crowd(settings)
    database, lately = Database(settings), utc_now() - timedelta(hours=5)
    async with database.write() as connection:
        await connection.execute(update(Conversation).values(last_message_at=lately))
        await connection.execute(update(Message).values(created_at=lately))
        busy = update(Conversation).where(Conversation.id == room(0))
        await connection.execute(busy.values(last_seq=BUSY - 1))
    await database.close()


@pytest.fixture(scope="module", params=["embedded", "full"])
def lively(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database of the lively crowd."""
    folder = tmp_path_factory.mktemp("lively")
    if request.param == "embedded":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "fynix.db")
        settings = load_settings(data_dir=folder, **COMMON)
        asyncio.run(_lively_crowd(settings))
        yield settings
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = asyncio.run(create_database(postgres, "lively", TEMPLATE))
    settings = load_settings(database_url=url, data_dir=folder, **COMMON)
    asyncio.run(_lively_crowd(settings))
    yield settings
    asyncio.run(drop_database(postgres, "lively"))


@pytest.fixture
async def database(lively: Settings) -> AsyncIterator[Database]:
    database = Database(lively)
    yield database
    await database.close()


@pytest.mark.parametrize("has_statistics", [False, True])
@pytest.mark.parametrize("user_id", [BUSIEST, USUAL], ids=["the busiest", "a usual one"])
async def test_scoring_reads_no_large_table_whole(
    database: Database, user_id: UUID, has_statistics: bool
) -> None:
    if has_statistics or not database.is_sqlite:  # Postgres takes them by itself, SQLite never
        async with database.write() as connection:
            await connection.execute(text("ANALYZE"))

    async with database.read() as connection:
        plans = {
            name: await plan_of(connection, partial(ask, connection, user_id))
            for name, (ask, _) in ASKED.items()
        }

    read_whole = {name: plan.scanned & LARGE for name, plan in plans.items()}
    assert {name: tables for name, tables in read_whole.items() if tables} == {}
    unused = {name: indexes - plans[name].indexes for name, (_, indexes) in ASKED.items()}
    assert {name: indexes for name, indexes in unused.items() if indexes} == {}


async def test_of_a_busy_conversation_only_the_newest_hundred_numbers_are_read(
    database: Database,
) -> None:
    async with database.read() as connection:
        sent = await queries.sent_since(connection, BUSIEST, utc_now() - WEEK)

    in_the_busy_one = [it for it in sent if it.conversation_id == room(0)]
    assert len(in_the_busy_one) == 50  # the other half of the hundred is the other's
    assert len(sent) > 50
