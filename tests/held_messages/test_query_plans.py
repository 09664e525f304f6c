"""The queue is read by its indexes, however much is held, and whoever it is of."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.held_messages import queries
from fynix_server.held_messages.queries import HeldWanted
from fynix_server.settings import Settings
from fynix_server.tables import HeldMessage, Message
from tests.query_plans.asking import AskedAbout, about, filled, gather_statistics, require_indexes
from tests.query_plans.crowd import crowd

LARGE = {"held_messages", "messages", "conversations"}
"""Not the people: of the two thousand here, Postgres rather reads all than a page by the key."""
HELD, BUSIEST = 30_000, UUID(int=1)
"""How many were held, of which one in ten waits; whose most of them are."""

_BY_STATUS = "idx_held_messages_status"
ASKED: AskedAbout[UUID] = {
    "the queue": (
        lambda connection, _: queries.held_page(connection, _wanted(), 51),
        {_BY_STATUS, "pk_messages", "pk_held_messages"},
    ),
    "the queue from the middle": (
        lambda connection, message_id: queries.held_page(connection, _wanted(after=message_id), 51),
        {f"{_BY_STATUS} or pk_held_messages", "pk_messages"},
    ),
    "by a rule that nothing was held by": (
        lambda connection, _: queries.held_page(connection, _wanted(rule="rare"), 51),
        {_BY_STATUS},
    ),
    "of one sender": (
        lambda connection, _: queries.held_page(connection, _wanted(sender_id=BUSIEST), 51),
        {f"idx_held_messages_sender or {_BY_STATUS}", "pk_messages"},
    ),
    "of one who has none": (
        lambda connection, _: queries.held_page(connection, _wanted(sender_id=UUID(int=7)), 51),
        {"idx_held_messages_sender"},
    ),
    "one": (queries.find_held, {"pk_held_messages", "pk_messages"}),
    "deciding": (
        lambda connection, message_id: queries.decide(
            connection, message_id, "waiting", None, utc_now()
        ),
        {"pk_held_messages"},
    ),
}


def _wanted(**which: Any) -> HeldWanted:
    return HeldWanted(
        **{"status": "waiting", "sender_id": None, "rule": None, "after": None} | which
    )


async def _hold_much(settings: Settings) -> None:
    await crowd(settings)
    database = Database(settings)
    async with database.write() as connection:
        messages = select(Message.id, Message.sender_id).where(Message.sender_id != UUID(int=7))
        rows = [
            {
                "message_id": row.id,
                "sender_id": row.sender_id,
                "cause": "filter",
                "rules": json.dumps(["usual"]),
                "status": "waiting" if number % 10 == 0 else "released",
            }
            for number, row in enumerate(
                await connection.execute(messages.order_by(Message.id).limit(HELD))
            )
        ]
        await connection.execute(insert(HeldMessage), rows)
    await database.close()


@pytest.fixture(scope="module", params=["embedded", "full"])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database in which tens of thousands of messages wait."""
    yield from filled(request, tmp_path_factory, _hold_much)


@pytest.fixture
async def database(crowded: Settings) -> AsyncIterator[Database]:
    database = Database(crowded)
    yield database
    await database.close()


@pytest.mark.parametrize("has_statistics", [False, True])
async def test_the_queue_is_read_by_its_indexes(database: Database, has_statistics: bool) -> None:
    await gather_statistics(database, is_wanted=has_statistics)

    async with database.read() as connection:
        middle = select(HeldMessage.message_id).order_by(HeldMessage.message_id)
        message_id = (await connection.execute(middle.offset(HELD // 2).limit(1))).scalar_one()

    await require_indexes(database, about(ASKED, message_id), LARGE)


async def test_a_page_by_a_rare_rule_is_short_and_says_where_to_go_on(database: Database) -> None:
    async with database.read() as connection:
        page, next_after = await queries.held_page(connection, _wanted(rule="rare"), 51)
        seen = select(func.count()).where(
            HeldMessage.message_id <= next_after, HeldMessage.status == "waiting"
        )

        assert page == []
        assert (await connection.execute(seen)).scalar_one() == queries.SCANNED_AT_ONCE
