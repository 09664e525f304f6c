"""The SQL of messages. Takes the connection first; never commits."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.protocol.messages import MessageResponse
from fynix_server.read_state import MESSAGE_COLUMNS, message_response
from fynix_server.tables import (
    AnyRow,
    AnySelect,
    Conversation,
    ConversationParticipant,
    Message,
    MessageReceipt,
    User,
)

log = structlog.get_logger(__name__)

_INSERT_MESSAGES = insert(Message)
_TOUCH_CONVERSATIONS = (
    update(Conversation)
    .where(Conversation.id == bindparam("b_id"))
    .values(
        last_seq=bindparam("b_last_seq"),
        message_count=Conversation.message_count + bindparam("b_added"),
        last_message_at=bindparam("b_now"),
        updated_at=bindparam("b_now"),
    )
)
_MOVE_MARKERS = (
    update(ConversationParticipant)
    .where(
        ConversationParticipant.conversation_id == bindparam("b_conversation_id"),
        ConversationParticipant.user_id == bindparam("b_user_id"),
        ConversationParticipant.last_read_seq < bindparam("b_seq"),
    )
    .values(last_read_seq=bindparam("b_seq"), last_read_message_id=bindparam("b_message_id"))
)


# ── the group commit ─────────────────────────────────────────────────────────────────────────


async def lock_conversations(
    connection: AsyncConnection, conversation_ids: Collection[UUID]
) -> dict[UUID, Row[UUID, int, int]]:
    """`last_seq` and `members_version` by id; the rows stay locked until the commit.

    In the order of their ids, so that two groups with the same conversations cannot deadlock.
    Index: the primary key.
    """
    query = (
        select(Conversation.id, Conversation.last_seq, Conversation.members_version)
        .where(Conversation.id.in_(conversation_ids))
        .order_by(Conversation.id)
        .with_for_update()
    )
    return {row.id: row for row in await connection.execute(query)}


async def messages_by_key(
    connection: AsyncConnection, keys: Collection[tuple[UUID, UUID, str]]
) -> dict[tuple[UUID, UUID, str], MessageResponse]:
    """Stored messages by (sender, conversation, client_message_id). Index: the unique one."""
    query = _messages().where(
        tuple_(Message.sender_id, Message.conversation_id, Message.client_message_id).in_(keys)
    )
    return {
        (row.sender_id, row.conversation_id, row.client_message_id): message_response(row, None, ())
        for row in await connection.execute(query)
    }


async def store_group(
    connection: AsyncConnection,
    rows: Sequence[dict[str, Any]],
    touched: Sequence[dict[str, Any]],
    markers: dict[tuple[UUID, UUID], dict[str, Any]],
) -> None:
    """Insert messages, move their conversations' counters and their senders' markers."""
    if not rows:
        return
    await connection.execute(_INSERT_MESSAGES, rows)
    await connection.execute(_TOUCH_CONVERSATIONS, touched)
    await connection.execute(_MOVE_MARKERS, [markers[key] for key in sorted(markers)])


def message_row(message: MessageResponse) -> dict[str, Any]:
    """The row of a new message, as `store_group` takes it."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "sender_id": message.sender_id,
        "content": message.content,
        "content_type": message.content_type,
        "is_deleted": False,
        "created_at": message.created_at,
        "updated_at": message.created_at,
        "seq": message.seq,
        "client_message_id": message.client_message_id,
    }


def marker_row(message: MessageResponse) -> dict[str, Any]:
    """The sender's read marker, moved to their own message."""
    return {
        "b_conversation_id": message.conversation_id,
        "b_user_id": message.sender_id,
        "b_seq": message.seq,
        "b_message_id": message.id,
    }


def log_refused_by_database(error: DBAPIError) -> None:
    """Say that a message met a rule of the database that no check of ours had caught."""
    # Neither the statement nor its parameters: those hold what people wrote.
    log.error("message_refused_by_database", error=type(error.orig).__name__)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def _messages() -> AnySelect:
    return select(*MESSAGE_COLUMNS).join(User, User.id == Message.sender_id)


async def message_by_key(
    connection: AsyncConnection, sender_id: UUID, conversation_id: UUID, key: str
) -> MessageResponse | None:
    found = await messages_by_key(connection, [(sender_id, conversation_id, key)])
    return found.get((sender_id, conversation_id, key))


async def find_message(
    connection: AsyncConnection,
    conversation_id: UUID,
    message_id: UUID,
    *,
    lock: bool = False,
) -> AnyRow | None:
    """One message of that conversation, deleted or not. Index: the primary key."""
    query = _messages().where(Message.id == message_id, Message.conversation_id == conversation_id)
    if lock:
        query = query.with_for_update(of=Message)
    return (await connection.execute(query)).one_or_none()


async def messages_newest_first(
    connection: AsyncConnection,
    conversation_id: UUID,
    *,
    from_seq: int,
    before_seq: int | None,
    offset: int,
    limit: int,
) -> Sequence[AnyRow]:
    """Messages not deleted, from `from_seq` on, older than `before_seq` (None: from the newest).

    Index: uq_messages_conversation_id_seq, read backwards.
    """
    query = _visible(conversation_id, from_seq)
    if before_seq is not None:
        query = query.where(Message.seq < before_seq)
    query = query.order_by(Message.seq.desc()).offset(offset).limit(limit)
    return (await connection.execute(query)).all()


async def messages_oldest_first(
    connection: AsyncConnection,
    conversation_id: UUID,
    *,
    after_seq: int,
    from_seq: int,
    limit: int,
) -> Sequence[AnyRow]:
    """Messages not deleted, newer than `after_seq`. Index: uq_messages_conversation_id_seq."""
    query = _visible(conversation_id, max(from_seq, after_seq + 1))
    return (await connection.execute(query.order_by(Message.seq).limit(limit))).all()


def _visible(conversation_id: UUID, from_seq: int) -> AnySelect:
    return _messages().where(
        Message.conversation_id == conversation_id,
        Message.is_deleted.is_(False),
        Message.seq >= from_seq,
    )


async def count_messages(connection: AsyncConnection, conversation_id: UUID, from_seq: int) -> int:
    """How many of them a participant from `from_seq` on may see.

    From the conversation's own count where they may see all of it; a late joiner's are counted.
    """
    if from_seq <= 1:
        query = select(Conversation.message_count).where(Conversation.id == conversation_id)
    else:
        query = select(func.count()).where(
            Message.conversation_id == conversation_id,
            Message.is_deleted.is_(False),
            Message.seq >= from_seq,
        )
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
        _MOVE_MARKERS,
        {
            "b_conversation_id": conversation_id,
            "b_user_id": user_id,
            "b_seq": seq,
            "b_message_id": message_id,
        },
    )
    return result.rowcount == 1


async def add_receipts(
    connection: AsyncConnection,
    conversation_id: UUID,
    user_id: UUID,
    *,
    after_seq: int,
    up_to_seq: int,
    read_at: datetime,
) -> None:
    """A receipt for each message by others in (after_seq, up_to_seq], in one statement."""
    source = select(
        Message.id,
        literal(user_id, MessageReceipt.user_id.type),
        bindparam("at", read_at, MessageReceipt.read_at.type),
    ).where(
        Message.conversation_id == conversation_id,
        Message.seq > after_seq,
        Message.seq <= up_to_seq,
        Message.sender_id != user_id,
        ~exists().where(
            and_(
                MessageReceipt.message_id == Message.id,
                MessageReceipt.user_id == user_id,
            )
        ),
    )
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


async def hide_message(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    """Mark it deleted. The row and its text stay, for moderation."""
    await connection.execute(
        update(Message).where(Message.id == message_id).values(is_deleted=True, updated_at=now)
    )


async def count_one_less(connection: AsyncConnection, conversation_id: UUID) -> None:
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(message_count=Conversation.message_count - 1)
    )


async def change_content(
    connection: AsyncConnection, message_id: UUID, content: str, now: datetime
) -> None:
    await connection.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(content=content, edited_at=now, updated_at=now)
    )
