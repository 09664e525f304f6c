"""The SQL of messages. Takes the connection first; never commits."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.membership import is_blocked_by
from fynix_server.messages.group_rows import MOVE_MARKERS
from fynix_server.messages.retries import Known
from fynix_server.policy.retention import Horizon
from fynix_server.policy.retention_queries import shown_of
from fynix_server.read_state import MESSAGE_COLUMNS, message_response
from fynix_server.tables import (
    AnyRow,
    AnySelect,
    Conversation,
    HeldMessage,
    Message,
    MessageReceipt,
    User,
)

# ── reading ──────────────────────────────────────────────────────────────────────────────────


class Span(NamedTuple):
    """Numbers of a conversation, both ends included; `last` None: up to the newest."""

    first: int
    last: int | None = None


class Place(NamedTuple):
    """A conversation, who reads in it, and until when messages are shown there."""

    conversation_id: UUID
    reader_id: UUID
    horizon: Horizon

    @property
    def shown(self) -> list[ColumnElement[bool]]:
        """Which messages the reader may see, as far as hiding and expiring go."""
        return [is_shown_to(self.reader_id), *shown_of(self.horizon, self.conversation_id)]


def _messages() -> AnySelect:
    return select(*MESSAGE_COLUMNS).join(User, User.id == Message.sender_id)


def messages_by_key(
    connection: Connection, keys: Collection[tuple[UUID, UUID, str]]
) -> dict[tuple[UUID, UUID, str], Known]:
    """Stored messages by (sender, conversation, client_message_id).

    For `AsyncConnection.run_sync`. Indexes:
    uq_messages_sender_id_conversation_id_client_message_id, idx_held_messages_released_as.
    """
    if connection.dialect.name == "sqlite":
        wanted = json.dumps([[sender.hex, where.hex, key] for sender, where, key in keys])
        rows = connection.execute(_WANTED_BY_KEY, {"wanted": wanted})
    else:
        columns = tuple_(Message.sender_id, Message.conversation_id, Message.client_message_id)
        rows = connection.execute(_KNOWN_MESSAGES.where(columns.in_(keys)))
    return {
        (row.sender_id, row.conversation_id, row.client_message_id): Known(
            message_response(row, None, ()), row.sent_digest, row.released_from
        )
        for row in rows
    }


def _wanted_by_key() -> AnySelect:
    """For SQLite, which reads all messages where it is asked for more than one row of values."""
    wanted = func.json_each(bindparam("wanted")).table_valued("value", name="wanted").c.value
    is_wanted = and_(
        Message.sender_id == func.json_extract(wanted, "$[0]"),
        Message.conversation_id == func.json_extract(wanted, "$[1]"),
        Message.client_message_id == func.json_extract(wanted, "$[2]"),
    )
    return _KNOWN_MESSAGES.join(wanted.table, is_wanted)


_RELEASED_FROM = (
    select(HeldMessage.message_id)
    .where(HeldMessage.released_as == Message.id)
    .scalar_subquery()
    .label("released_from")
)
_KNOWN_MESSAGES = _messages().add_columns(Message.sent_digest, _RELEASED_FROM)
_WANTED_BY_KEY = _wanted_by_key()


async def find_message(
    connection: AsyncConnection, place: Place, message_id: UUID
) -> AnyRow | None:
    """One message of that conversation, deleted or not, unless it is hidden from the reader or has
    expired. Index: the primary key.
    """
    query = _messages().where(
        Message.id == message_id,
        Message.conversation_id == place.conversation_id,
        is_shown_to(place.reader_id),
    )
    row = (await connection.execute(query)).one_or_none()
    is_expired = row is not None and place.horizon.hides(place.conversation_id, row.created_at)
    return None if is_expired else row


async def messages_newest_first(
    connection: AsyncConnection, place: Place, span: Span, *, offset: int, limit: int
) -> Sequence[AnyRow]:
    """Messages of the span that the reader may see, the first `offset` left out.

    Index: uq_messages_conversation_id_seq, read backwards.
    """
    query = _visible(place, span).order_by(Message.seq.desc())
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def messages_oldest_first(
    connection: AsyncConnection, place: Place, span: Span, *, limit: int
) -> Sequence[AnyRow]:
    """Messages of the span that the reader may see. Index: uq_messages_conversation_id_seq."""
    query = _visible(place, span).order_by(Message.seq)
    return (await connection.execute(query.limit(limit))).all()


def is_shown_to(reader_id: UUID) -> ColumnElement[bool]:
    """Hidden messages are shown to their sender only."""
    return or_(Message.hidden_because.is_(None), Message.sender_id == reader_id)


def _visible(place: Place, span: Span) -> AnySelect:
    is_from_blocked = is_blocked_by(place.reader_id, Message.sender_id).label("is_from_blocked")
    query = (
        _messages()
        .add_columns(is_from_blocked)
        .where(
            Message.conversation_id == place.conversation_id,
            Message.is_deleted.is_(False),
            *place.shown,
            Message.seq >= span.first,
        )
    )
    return query if span.last is None else query.where(Message.seq <= span.last)


async def count_messages(connection: AsyncConnection, place: Place, from_seq: int) -> int:
    """How many of them a participant from `from_seq` on may see.

    From the conversation's own count, and what is hidden from all others, where they may see all
    of it; else they are counted: a late joiner's, and those that have not expired.
    Indexes: pk_conversations, idx_messages_hidden; uq_messages_conversation_id_seq.
    """
    is_theirs = (
        Message.conversation_id == place.conversation_id,
        Message.is_deleted.is_(False),
        Message.seq >= from_seq,
    )
    if from_seq <= 1 and place.horizon.of(place.conversation_id) is None:
        hidden = (
            select(func.count())
            .where(
                *is_theirs,
                Message.hidden_because.is_not(None),
                Message.sender_id == place.reader_id,
            )
            .scalar_subquery()
        )
        query = select(Conversation.message_count + hidden).where(
            Conversation.id == place.conversation_id
        )
    else:
        query = select(func.count()).where(*is_theirs, *place.shown)
    return int((await connection.execute(query)).scalar_one())


# ── reading state, editing, deleting ─────────────────────────────────────────────────────────


async def move_marker(
    connection: AsyncConnection,
    conversation_id: UUID,
    user_id: UUID,
    seq: int,
    message_id: UUID,
) -> bool:
    """Move a read marker forward to `seq`; False where it was there or past it already."""
    result = await connection.execute(
        MOVE_MARKERS,
        {
            "marked_conversation_id": conversation_id,
            "marked_user_id": user_id,
            "marked_seq": seq,
            "marked_message_id": message_id,
        },
    )
    return result.rowcount == 1


async def add_receipts(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, span: Span, now: datetime
) -> None:
    """A receipt for each message by others in the span, in one statement."""
    source = select(
        Message.id,
        literal(user_id, MessageReceipt.user_id.type),
        bindparam("at", now, MessageReceipt.read_at.type),
    ).where(
        Message.conversation_id == conversation_id,
        Message.seq >= span.first,
        Message.seq <= span.last,
        Message.sender_id != user_id,
        ~exists().where(
            and_(
                MessageReceipt.message_id == Message.id,
                MessageReceipt.user_id == user_id,
            )
        ),
    )
    # Cleaning up may be deleting some of them: they are waited for, and left out.
    source = source.with_for_update(read=True, key_share=True, of=Message)
    columns = ["message_id", "user_id", "read_at"]
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(MessageReceipt)
    await connection.execute(statement.from_select(columns, source).on_conflict_do_nothing())


async def marker_time(
    connection: AsyncConnection, message_id: UUID, user_id: UUID
) -> datetime | None:
    """When that receipt was written; None where there is none."""
    query = select(MessageReceipt.read_at).where(
        MessageReceipt.message_id == message_id, MessageReceipt.user_id == user_id
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def delete_message(
    connection: AsyncConnection, message_id: UUID, deleted_by: UUID, now: datetime
) -> None:
    """Mark it deleted. The row and its text stay, for moderation."""
    await connection.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(is_deleted=True, deleted_by=deleted_by, updated_at=now)
    )


async def count_one_less(connection: AsyncConnection, conversation_id: UUID) -> None:
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(message_count=Conversation.message_count - 1)
    )


async def change_content(
    connection: AsyncConnection, message_id: UUID, content: str, sent_digest: str, now: datetime
) -> None:
    """Replace its text. `sent_digest` is kept unless an earlier edit has left one."""
    first_digest = func.coalesce(Message.sent_digest, sent_digest)
    await connection.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(content=content, edited_at=now, updated_at=now, sent_digest=first_digest)
    )
