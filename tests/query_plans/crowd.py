"""A database of many conversations: enough that reading a table as a whole would be slow."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.settings import Settings
from fynix_server.tables import (
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    Session,
    SeveredReading,
    Table,
    User,
    new_id,
)

PEOPLE, CONVERSATIONS, SESSIONS, BUSY = 2000, 20_000, 20_000, 20_000


def room(number: int) -> UUID:
    return UUID(int=(1 << 64) + number)


async def crowd(settings: Settings) -> None:
    """Two of the people in each conversation, with three messages; thousands in the first.

    Of each the first stopped seeing what the second reads, as if by a block that is no more.
    One conversation in 500 has moved just now, and so many of the sessions have ended.
    """
    now = utc_now()
    database = Database(settings)
    async with database.write() as connection:
        for table, columns, rows in _rows(now - timedelta(days=30), now):
            await bulk_insert(connection, table, columns.split(), list(rows))
    await database.close()


Rows = Iterable[tuple[Any, ...]]


def _rows(long_ago: datetime, now: datetime) -> Iterator[tuple[type[Table], str, Rows]]:
    people = [UUID(int=1 + number) for number in range(PEOPLE)]
    names = ((it, f"user{it.int}", "Somebody", "!", now, now) for it in people)
    yield User, "id username display_name password_hash created_at updated_at", names

    places = [(room(number), _two(people, number)) for number in range(CONVERSATIONS)]
    moved = ((id_, 4, now if id_.int % 500 == 0 else long_ago) for id_, _ in places)
    yield Conversation, "id last_seq updated_at", moved
    joined = ((id_, user_id, 1, long_ago) for id_, two in places for user_id in two)
    yield ConversationParticipant, "conversation_id user_id joined_seq joined_at", joined
    begun = ((id_, 1, "conversation_created", long_ago) for id_, _ in places)
    severed = ((one, other, id_, 1) for id_, (one, other) in places)
    yield SeveredReading, "viewer_id reader_id conversation_id read_seq", severed
    yield ConversationEvent, "conversation_id seq type created_at", begun

    said = (
        (new_id(), id_, two[seq % 2], "hello", f"key-{seq}", seq, long_ago)
        for number, (id_, two) in enumerate(places)
        for seq in range(2, 5 if number else BUSY)
    )
    yield Message, "id conversation_id sender_id content client_message_id seq created_at", said

    ended = (now if number % 500 == 0 else None for number in range(SESSIONS))
    logins = ((new_id(), people[0], now, revoked_at) for revoked_at in ended)
    yield Session, "id user_id expires_at revoked_at", logins


def _two(people: list[UUID], number: int) -> tuple[UUID, UUID]:
    one, other = people[number % PEOPLE], people[(number * 2 + 1) % PEOPLE]
    return one, other if other != one else people[5]
