"""What an erasure, an export and the journal ask is found by an index, however much there is."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.privacy import export_queries, finding_queries, queries
from fynix_server.privacy.reader import Reader
from fynix_server.settings import Settings
from fynix_server.tables import TABLES
from tests.query_plans.asking import Asked, gather_statistics, judge
from tests.query_plans.crowd import crowd, room
from tests.query_plans.plan import plan_of

SOMEBODY = UUID(int=17)
PARTS = "idx_participants_user_active or pk_conversation_participants"
MESSAGES = "uq_messages_conversation_id_seq or idx_messages_conversation_created"
"""The second where a conversation is shorter than a window, as all are here."""

ASKED: Asked = {
    "conversations to erase": (
        lambda c: finding_queries.parts_after(c, SOMEBODY, None, 100),
        {PARTS, "pk_conversations"},
    ),
    "how many are left": (
        lambda c: finding_queries.left_to_do(c, SOMEBODY, room(3)),
        {PARTS, "pk_conversations"},
    ),
    "messages to empty": (
        lambda c: finding_queries.written_in(c, room(0), SOMEBODY, 0),
        {MESSAGES + " or uq_messages_sender_id_conversation_id_client_message_id"},
    ),
    "receipts to remove": (
        lambda c: finding_queries.receipts_in(c, room(0), SOMEBODY, 0),
        {"pk_message_receipts"},
    ),
    "events that name people": (
        lambda c: finding_queries.naming_people(c, room(0), 0),
        {"pk_conversation_events"},
    ),
    "events that name the group": (
        lambda c: finding_queries.naming_group(c, room(0), 0),
        {"pk_conversation_events"},
    ),
    "the journal": (
        lambda c: queries.erasures_after(c, UUID(int=1), 50),
        {"pk_erasures"},
    ),
    "conversations to export": (
        lambda c: export_queries.parts_after(c, SOMEBODY, None, 50),
        {PARTS, "pk_conversations"},
    ),
    "messages to export": (
        lambda c: export_queries.messages_in(c, Reader(SOMEBODY, 1, utc_now()), room(0), 0),
        {MESSAGES},
    ),
    "receipts to export": (
        lambda c: export_queries.receipts_in(c, SOMEBODY, room(0), 0),
        {"pk_message_receipts"},
    ),
    "people of conversations to export": (
        lambda c: export_queries.people_in(c, [room(number) for number in range(50)]),
        {"pk_conversation_participants"},
    ),
}


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Of tens of thousands of conversations."""
    await crowd(settings)
    database = Database(settings)
    yield database
    await database.close()


async def test_each_uses_its_indexes_and_reads_no_table_whole(database: Database) -> None:
    await gather_statistics(database, is_wanted=True)

    async with database.read() as connection:
        # A table without rows Postgres reads whole whatever there is.
        if not database.is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plans = {
            name: await plan_of(connection, partial(ask, connection))
            for name, (ask, _) in ASKED.items()
        }

    # Of the few people here Postgres may rather read all than look up five hundred.
    judge(plans, ASKED, {it.name for it in TABLES} - {"users"})


# What Postgres would do without a row to look at says nothing.
@pytest.mark.parametrize("stack", ["embedded"])
async def test_small_tables_are_found_by_the_index_that_is_named(database: Database) -> None:
    async with database.read() as connection:
        for removal in queries.removals(SOMEBODY):
            plan = await plan_of(connection, partial(queries.is_any, connection, removal))
            assert removal.index in plan.indexes, (removal.index, plan)
