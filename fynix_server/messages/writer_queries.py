"""The SQL of the group commit. Takes the connection first; never commits.

Plain functions, for `AsyncConnection.run_sync`: a group commit is one call of it, since each
costs as much as a statement.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError

from fynix_server.database.prepared import Prepared, Row, conversion
from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import (
    Conversation,
    ConversationParticipant,
    Message,
)

log = structlog.get_logger(__name__)

_INSERT_MESSAGES = Prepared(
    insert(Message),
    "id",
    "conversation_id",
    "seq",
    "sender_id",
    "content",
    "content_type",
    "client_message_id",
    "created_at",
    "updated_at",
    "is_deleted",
)
_TOUCH_CONVERSATIONS = Prepared(
    update(Conversation)
    .where(Conversation.id == bindparam("b_id"))
    .values(
        last_seq=bindparam("b_last_seq"),
        message_count=Conversation.message_count + bindparam("b_added"),
        last_message_at=bindparam("b_now"),
        updated_at=bindparam("b_now"),
    ),
    "b_id",
    "b_last_seq",
    "b_added",
    "b_now",
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
_MOVE_MARKERS = Prepared(MOVE_MARKERS, "b_conversation_id", "b_user_id", "b_seq", "b_message_id")


class Locked(NamedTuple):
    """Where a conversation stands; nobody else changes it before the commit."""

    last_seq: int
    members_version: int


def lock_conversations(
    connection: Connection, conversation_ids: Collection[UUID]
) -> dict[UUID, Locked]:
    """Where they stand, by id; the rows stay locked until the commit.

    Index: the primary key.
    """
    ids = list(conversation_ids)
    # Up to the next power of two, so that there are few statements; an id twice changes nothing.
    size = 1 << (len(ids) - 1).bit_length()
    found = _lock_statement(size).run(connection, [(*ids, *ids[:1] * (size - len(ids)))])
    convert = conversion(Conversation.id.type, connection.dialect) or _as_it_is
    by_stored = {convert(id_): id_ for id_ in ids}
    return {by_stored[stored]: Locked(last_seq, version) for stored, last_seq, version in found}


@cache
def _lock_statement(size: int) -> Prepared:
    names = [f"id_{number}" for number in range(size)]
    return Prepared(
        select(Conversation.id, Conversation.last_seq, Conversation.members_version)
        .where(Conversation.id.in_([bindparam(name, type_=Conversation.id.type) for name in names]))
        # So that two groups with the same conversations cannot deadlock.
        .order_by(Conversation.id)
        .with_for_update(),
        *names,
    )


def store_group(connection: Connection, messages: Sequence[MessageResponse]) -> None:
    """Insert messages, in the order of their numbers, move their conversations' counters, and
    their senders' markers: sending marks everything before as read."""
    if not messages:
        return
    added = Counter(message.conversation_id for message in messages)
    newest = {message.conversation_id: message for message in messages}
    markers = {(message.conversation_id, message.sender_id): message for message in messages}
    _INSERT_MESSAGES.run(connection, [_message_row(message) for message in messages])
    _TOUCH_CONVERSATIONS.run(
        connection, [(id_, it.seq, added[id_], it.created_at) for id_, it in newest.items()]
    )
    _MOVE_MARKERS.run(
        connection, [(*key, markers[key].seq, markers[key].id) for key in sorted(markers)]
    )


def _message_row(message: MessageResponse) -> Row:
    return (
        message.id,
        message.conversation_id,
        message.seq,
        message.sender_id,
        message.content,
        message.content_type,
        message.client_message_id,
        message.created_at,
        message.created_at,
        False,
    )


def _as_it_is(value: UUID) -> object:
    return value


def log_refused_by_database(error: DBAPIError) -> None:
    """Say that a message met a rule of the database that no check of ours had caught."""
    # Neither the statement nor its parameters: those hold what people wrote.
    log.error("message_refused_by_database", error=type(error.orig).__name__)
