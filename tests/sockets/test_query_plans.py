"""What every message, every round and every resume asks the database is found by an index.

On databases of tens of thousands of conversations, so that reading a whole table would show.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.accounts.queries import accounts_by_prefix
from fynix_server.clock import utc_now
from fynix_server.conversations.listing_queries import conversations_of
from fynix_server.conversations.queries import last_messages
from fynix_server.database import Database
from fynix_server.event_log import allot_seq, frames_after
from fynix_server.membership import active_member_ids, find_heir, load_membership
from fynix_server.messages import queries as message_queries
from fynix_server.messages.conversation_locks import lock_conversations
from fynix_server.messages.queries import Place, Span
from fynix_server.policy import shows_all
from fynix_server.read_state import read_markers, unread_counts
from fynix_server.settings import Settings
from fynix_server.sockets import queries
from fynix_server.sockets.live import Live as LiveSockets
from fynix_server.tables import (
    Message,
)
from tests.people import DEADLINE_SECONDS, Api
from tests.query_plans.asking import AskedAbout, about, filled, gather_statistics, require_indexes
from tests.query_plans.crowd import crowd, room

LARGE = {
    "conversations",
    "conversation_participants",
    "messages",
    "conversation_events",
    "sessions",
    "users",
}
"""Tables that no query of these may read as a whole."""


@dataclass(frozen=True)
class Ids:
    """What a query asks for: somebody, and what they have."""

    user: UUID
    conversations: list[UUID]
    message: UUID

    @property
    def conversation(self) -> UUID:
        return self.conversations[0]


ALL = shows_all(utc_now())


def _changes(connection: AsyncConnection, ids: Ids) -> Awaitable[Any]:
    return queries.changes_since(connection, utc_now() - timedelta(seconds=60))


def _keys(ids: Ids) -> list[tuple[UUID, UUID, str]]:
    """As a group commit asks for: each of somebody else, somewhere else."""
    return [(UUID(int=number + 1), it, "key-2") for number, it in enumerate(ids.conversations)]


_MEMBERSHIPS = "pk_conversation_participants or idx_participants_user_active"
"""Somebody's parts in conversations: by the one, as there are few, or by the other."""

ASKED: AskedAbout[Ids] = {
    "a round of the reconciler": (
        _changes,
        {"idx_conversations_updated_at", "idx_sessions_revoked_at", "pk_conversation_participants"},
    ),
    "connecting": (
        lambda connection, ids: queries.standing_of_user(connection, ids.user),
        {"idx_participants_user_active", "pk_conversations"},
    ),
    "people by the beginning of their name": (
        lambda connection, _: accounts_by_prefix(connection, "person-1", None, 20, utc_now()),
        {"uq_users_username or idx_users_status"},
    ),
    "who was in it": (
        lambda connection, ids: queries.members_over_time(connection, ids.conversation),
        {"pk_conversation_participants"},
    ),
    "a membership": (
        lambda connection, ids: load_membership(connection, ids.conversation, ids.user),
        {"pk_conversations", _MEMBERSHIPS},
    ),
    "a replay, or a gap": (
        lambda connection, ids: frames_after(connection, ids.conversation, 1, 300, horizon=ALL),
        {"uq_messages_conversation_id_seq", "pk_conversation_events"},
    ),
    "locking one": (
        lambda connection, ids: connection.run_sync(lock_conversations, [ids.conversation]),
        {"pk_conversations"},
    ),
    "locking many": (
        lambda connection, ids: connection.run_sync(lock_conversations, ids.conversations[:128]),
        {"pk_conversations"},
    ),
    "members of many": (
        lambda connection, ids: active_member_ids(connection, ids.conversations[:128]),
        {"pk_conversation_participants"},
    ),
    "a known key": (
        lambda connection, ids: connection.run_sync(
            message_queries.messages_by_key, [(ids.user, ids.conversation, "key")]
        ),
        {"uq_messages_sender_id_conversation_id_client_message_id"},
    ),
    "keys of a group commit": (
        lambda connection, ids: connection.run_sync(message_queries.messages_by_key, _keys(ids)),
        {"uq_messages_sender_id_conversation_id_client_message_id"},
    ),
    "keys of one who sends much": (
        lambda connection, ids: connection.run_sync(
            message_queries.messages_by_key,
            [(UUID(int=1), room(0), f"key-{number}") for number in range(128)],
        ),
        {"uq_messages_sender_id_conversation_id_client_message_id"},
    ),
    "unread of the busiest": (
        lambda connection, ids: unread_counts(connection, UUID(int=1), [room(0)], ALL),
        {"pk_conversation_participants", "uq_messages_conversation_id_seq"},
    ),
    "the next number": (
        lambda connection, ids: allot_seq(connection, ids.conversation, utc_now()),
        {"pk_conversations"},
    ),
    "moving a marker": (
        lambda connection, ids: message_queries.move_marker(
            connection, ids.conversation, ids.user, 3, ids.message
        ),
        {"pk_conversation_participants"},
    ),
    "one message": (
        lambda connection, ids: message_queries.find_message(
            connection, Place(ids.conversation, ids.user, ALL), ids.message
        ),
        {"pk_messages"},
    ),
    "the newest messages": (
        lambda connection, ids: message_queries.messages_newest_first(
            connection, Place(ids.conversation, ids.user, ALL), Span(1), offset=0, limit=51
        ),
        {"uq_messages_conversation_id_seq"},
    ),
    "messages after a number": (
        lambda connection, ids: message_queries.messages_oldest_first(
            connection, Place(ids.conversation, ids.user, ALL), Span(2), limit=51
        ),
        {"uq_messages_conversation_id_seq"},
    ),
    "unread of one": (
        lambda connection, ids: unread_counts(connection, ids.user, [ids.conversation], ALL),
        {"pk_conversation_participants", "uq_messages_conversation_id_seq"},
    ),
    "unread of a page": (
        lambda connection, ids: unread_counts(connection, ids.user, ids.conversations[:20], ALL),
        {_MEMBERSHIPS, "uq_messages_conversation_id_seq"},
    ),
    "read markers of a page": (
        lambda connection, ids: read_markers(connection, ids.user, ids.conversations[:20]),
        {"pk_conversation_participants", "pk_severed_readings or idx_severed_readings_reader"},
    ),
    "who inherits a group": (
        lambda connection, ids: find_heir(connection, ids.conversation, utc_now()),
        {"pk_conversation_participants"},
    ),
    "a page of conversations": (
        lambda connection, ids: conversations_of(connection, ids.user, offset=0, limit=20),
        {"idx_participants_user_active", "pk_conversations"},
    ),
    "last messages of a page": (
        lambda connection, ids: last_messages(connection, ids.user, ids.conversations[:20]),
        {_MEMBERSHIPS, "uq_messages_conversation_id_seq"},
    ),
}


@pytest.fixture(scope="module", params=["embedded", "full"])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database with many conversations, a few of which moved within the minute."""
    yield from filled(request, tmp_path_factory, crowd)


@pytest.fixture
async def database(crowded: Settings) -> AsyncIterator[Database]:
    database = Database(crowded)
    yield database
    await database.close()


@pytest.fixture
async def ids(database: Database) -> Ids:
    """Of somebody with some ten conversations, filled up with others' to a hundred and more."""
    user = UUID(int=17)
    async with database.read() as connection:
        mine = await queries.standing_of_user(connection, user)
        message = select(Message.id).where(Message.conversation_id == next(iter(mine))).limit(1)
        message_id = (await connection.execute(message)).scalar_one()
    others = (room(number) for number in range(128))
    return Ids(user, [*mine, *(it for it in others if it not in mine)], message_id)


@pytest.mark.parametrize("has_statistics", [False, True])
async def test_hot_queries_use_their_indexes_and_read_no_large_table_whole(
    database: Database, ids: Ids, has_statistics: bool
) -> None:
    await gather_statistics(database, is_wanted=has_statistics)

    await require_indexes(database, about(ASKED, ids), LARGE)


async def test_a_round_of_the_reconciler_is_one_query_whoever_is_connected(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    for person in (alice, bob, carol):
        await person.live()
        await person.plain_live()
    await alice.send(group, "something lately")
    live = cast(LiveSockets, api.app.extensions["live"])
    rounds: asyncio.Queue[str] = asyncio.Queue()
    asked: list[str] = []

    def note(_conn: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement != "BEGIN":
            asked.append(statement)
        if "revoked_at >=" in statement:
            rounds.put_nowait(statement)

    for engine in api.resources.database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)

    for _ in range(5):
        live.look_now()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await rounds.get()

    # Each round ends before the next begins: a second query in any but the last would be here.
    assert len(asked) == 5, asked
    assert len(set(asked)) == 1
