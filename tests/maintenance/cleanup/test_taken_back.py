"""A batch that holds its locks for too long is taken back whole, and done again."""

from uuid import UUID

import pytest
from sqlalchemy import select

from fynix_server.database import Database
from fynix_server.maintenance.cleanup.purged_numbers import Gone, note_purged
from fynix_server.maintenance.cleanup.running import Limits, Site, clean
from fynix_server.maintenance.cleanup.watch import TooSlow, Watch
from fynix_server.settings import Settings
from fynix_server.tables import Conversation, Message, PurgedNumbers
from tests.maintenance.cleanup.cleaning import Asked, rows_of, unsound, wanted
from tests.maintenance.cleanup.conftest import OLD_MESSAGES

EVERYTHING = wanted("messages", Asked(days=2))
pytestmark = pytest.mark.timeout(180)


async def test_a_watch_that_has_run_out_lets_no_further_statement_begin(old: Settings) -> None:
    database = Database(old)
    async with database.write() as connection:
        Watch(0.0).look_at(connection)
        with pytest.raises(TooSlow):
            await connection.execute(select(Message.id))

    async with database.write() as connection:
        Watch(3600.0).look_at(connection)
        assert len((await connection.execute(select(Message.id))).all()) == OLD_MESSAGES
    await database.close()


async def test_batches_that_were_taken_back_are_done_again_and_counted_once(old: Settings) -> None:
    database = Database(old)

    # Every batch is too slow, until it has been tried often enough.
    done = await clean(Site(database), EVERYTHING, Limits(200, give_up_seconds=0.0))

    await database.close()
    assert done.removed == done.run.removed == {"messages": OLD_MESSAGES}
    assert done.pace.held_ms.total() > done.batches
    assert await rows_of(old, Message) == 0
    assert await unsound(old) == {}


async def test_numbers_that_close_a_gap_make_one_span_of_its_two_sides(old: Settings) -> None:
    database = Database(old)
    async with database.write() as connection:
        query = select(Conversation.id).order_by(Conversation.id).limit(2)
        here, there = (await connection.execute(query)).scalars().all()
        await note_purged(connection, [_gone(here, 1, 2), _gone(here, 5, 6), _gone(there, 3, 4)])
        await note_purged(connection, [_gone(here, 9, 9), _gone(here, 3, 4), _gone(there, 2, 2)])
        await note_purged(connection, [_gone(here, 7, 7)])
        columns = (PurgedNumbers.conversation_id, PurgedNumbers.first_seq, PurgedNumbers.last_seq)
        spans = {tuple(row) for row in await connection.execute(select(*columns))}
    await database.close()

    assert spans == {(here, 1, 7), (here, 9, 9), (there, 2, 4)}


def _gone(conversation_id: UUID, first: int, last: int) -> Gone:
    return Gone(conversation_id, first, last)
