"""What the database holds at the end of a run, read with plain SQL: the other side of the check.

Who took part when is derived from the events, not from the columns that the server asks.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.database import Database
from fynix_server.settings import Settings

NEVER = 2**62


@dataclass(frozen=True, slots=True)
class StoredMessage:
    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    content: str
    key: str | None
    is_deleted: bool
    is_edited: bool


@dataclass(frozen=True, slots=True)
class StoredEvent:
    conversation_id: UUID
    seq: int
    type: str
    actor_id: UUID | None
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody takes part from `first` to `last`, both included; NEVER: they still do."""

    first: int
    last: int

    def covers(self, seq: int) -> bool:
        return self.first <= seq <= self.last

    @property
    def is_open(self) -> bool:
        return self.last == NEVER


@dataclass
class Truth:
    """The database, as it stands."""

    last_seq: dict[UUID, int]
    messages: list[StoredMessage]
    events: list[StoredEvent]
    spans: dict[tuple[UUID, UUID], list[Span]]
    """By conversation and person, oldest first."""
    markers: dict[tuple[UUID, UUID], tuple[int, int]]
    """`joined_seq` and `last_read_seq` of who takes part now, by conversation and person."""
    by_id: dict[UUID, StoredMessage] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {it.id: it for it in self.messages}

    def spans_of(self, conversation_id: UUID, person_id: UUID) -> list[Span]:
        return self.spans.get((conversation_id, person_id), [])

    def may_see(self, conversation_id: UUID, person_id: UUID, seq: int) -> bool:
        return any(span.covers(seq) for span in self.spans_of(conversation_id, person_id))

    def is_member(self, conversation_id: UUID, person_id: UUID) -> bool:
        spans = self.spans_of(conversation_id, person_id)
        return bool(spans) and spans[-1].is_open


async def read_truth(settings: Settings) -> Truth:
    """All of it, in one snapshot."""
    database = Database(settings)
    try:
        async with database.engine.connect() as connection:
            if not database.is_sqlite:
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return await _read(connection)
    finally:
        await database.close()


async def _read(connection: AsyncConnection) -> Truth:
    conversations = await _rows(connection, "SELECT id, last_seq FROM conversations")
    messages = await _rows(
        connection,
        "SELECT id, conversation_id, seq, sender_id, content, client_message_id, is_deleted,"
        " edited_at FROM messages ORDER BY conversation_id, seq",
    )
    events = await _rows(
        connection,
        "SELECT conversation_id, seq, type, actor_id, message_id, payload"
        " FROM conversation_events ORDER BY conversation_id, seq",
    )
    parts = await _rows(
        connection,
        "SELECT conversation_id, user_id, joined_seq, last_read_seq"
        " FROM conversation_participants WHERE is_active",
    )
    return Truth(
        last_seq={_id(it.id): it.last_seq for it in conversations},
        messages=[
            StoredMessage(
                *(_id(it.id), _id(it.conversation_id), it.seq, _id(it.sender_id), it.content),
                key=it.client_message_id,
                is_deleted=bool(it.is_deleted),
                is_edited=it.edited_at is not None,
            )
            for it in messages
        ],
        events=[
            StoredEvent(
                *(_id(it.conversation_id), it.seq, it.type),
                actor_id=_id(it.actor_id) if it.actor_id else None,
                message_id=_id(it.message_id) if it.message_id else None,
            )
            for it in events
        ],
        spans=_spans(events),
        markers={
            (_id(it.conversation_id), _id(it.user_id)): (it.joined_seq, it.last_read_seq)
            for it in parts
        },
    )


async def _rows(connection: AsyncConnection, query: str) -> list[Any]:
    return list((await connection.execute(text(query))).all())


def _id(value: UUID | str) -> UUID:
    # SQLite keeps them as text.
    return value if isinstance(value, UUID) else UUID(value)


def _spans(events: list[Any]) -> dict[tuple[UUID, UUID], list[Span]]:
    spans: dict[tuple[UUID, UUID], list[Span]] = defaultdict(list)
    for event in events:
        conversation_id, payload = _id(event.conversation_id), json.loads(event.payload)
        if event.type == "conversation_created":
            for part in payload["conversation"]["participants"]:
                spans[conversation_id, UUID(part["user_id"])].append(Span(event.seq, NEVER))
        elif event.type == "participant_added":
            person_id = UUID(payload["participant"]["user_id"])
            spans[conversation_id, person_id].append(Span(event.seq, NEVER))
        elif event.type == "participant_removed":
            mine = spans[conversation_id, UUID(payload["user_id"])]
            mine[-1] = Span(mine[-1].first, event.seq)
    return spans
