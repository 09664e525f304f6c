"""The SQL of the group commit. Takes the connection first; never commits.

Plain functions, for `AsyncConnection.run_sync`: a group commit is one call of it, since each
costs as much as a statement.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import (
    Conversation,
    ConversationParticipant,
    Message,
)

log = structlog.get_logger(__name__)

# Built once: building a statement costs more than running it.
# In the order of their ids, so that two groups with the same conversations cannot deadlock.
_LOCK_CONVERSATIONS = (
    select(Conversation.id, Conversation.last_seq, Conversation.members_version)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .order_by(Conversation.id)
    .with_for_update()
)
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
MOVE_MARKERS = (
    update(ConversationParticipant)
    .where(
        ConversationParticipant.conversation_id == bindparam("b_conversation_id"),
        ConversationParticipant.user_id == bindparam("b_user_id"),
        ConversationParticipant.last_read_seq < bindparam("b_seq"),
    )
    .values(last_read_seq=bindparam("b_seq"), last_read_message_id=bindparam("b_message_id"))
)


def lock_conversations(
    connection: Connection, conversation_ids: Collection[UUID]
) -> dict[UUID, Row[UUID, int, int]]:
    """`last_seq` and `members_version` by id; the rows stay locked until the commit.

    Index: the primary key.
    """
    rows = connection.execute(_LOCK_CONVERSATIONS, {"ids": list(conversation_ids)})
    return {row.id: row for row in rows}


def store_group(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    touched: Sequence[dict[str, Any]],
    markers: dict[tuple[UUID, UUID], dict[str, Any]],
) -> None:
    """Insert messages, move their conversations' counters and their senders' markers."""
    if not rows:
        return
    connection.execute(_INSERT_MESSAGES, rows)
    connection.execute(_TOUCH_CONVERSATIONS, touched)
    connection.execute(MOVE_MARKERS, [markers[key] for key in sorted(markers)])


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
