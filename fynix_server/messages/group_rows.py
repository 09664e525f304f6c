"""The rows of a group commit, and the statements that store them.

SQLite runs each statement where it is called, so that there it is three of them, for many rows
each. To Postgres every statement is a journey, so that there it is one, and the rows go along as
arrays. Measured in docs/decisions/0026-one-statement-on-postgres.md.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    String,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from fynix_server.database.prepared import Prepared, Row
from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import Conversation, ConversationParticipant, Message

_MESSAGE_COLUMNS = (
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
    "hidden_because",
    "sent_digest",
)
_COUNTERS = {
    "touched_id": Conversation.id.type,
    "touched_seq": BigInteger(),
    "touched_added": BigInteger(),
    "touched_at": Conversation.updated_at.type,
    "touched_shown_at": Conversation.last_message_at.type,
}
_MARKERS = {
    "marked_conversation_id": Conversation.id.type,
    "marked_user_id": ConversationParticipant.user_id.type,
    "marked_seq": BigInteger(),
    "marked_message_id": Message.id.type,
}


class NewMessageRow(NamedTuple):
    """A message to insert, with what its sender is not told of it."""

    message: MessageResponse
    hidden_because: str | None = None
    sent_digest: str | None = None


def store_group(connection: Connection, new: Sequence[NewMessageRow]) -> None:
    """Insert messages, in the order of their numbers, move their conversations' counters, and
    their senders' markers: sending marks everything before as read.

    What is hidden takes a number, but neither counts nor brings its conversation to the top.
    """
    if not new:
        return
    rows = [_message_row(it) for it in new]
    messages = [it.message for it in new]
    shown = [it.message for it in new if it.hidden_because is None]
    added = Counter(message.conversation_id for message in shown)
    shown_at = {message.conversation_id: message.created_at for message in shown}
    newest = {message.conversation_id: message for message in messages}
    counters = [
        (id_, it.seq, added[id_], it.created_at, shown_at.get(id_)) for id_, it in newest.items()
    ]
    last = {(message.conversation_id, message.sender_id): message for message in messages}
    markers = [(*key, it.seq, it.id) for key, it in last.items()]
    if connection.dialect.name == "postgresql":
        columns = [
            list(it) for table in (rows, counters, markers) for it in zip(*table, strict=True)
        ]
        _STORE_AT_ONCE.run(connection, [tuple(columns)])
    else:
        _INSERT_MESSAGES.run(connection, rows)
        _MOVE_COUNTERS.run(connection, counters)
        _MOVE_MARKERS.run(connection, markers)


def _message_row(new: NewMessageRow) -> Row:
    message = new.message
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
        new.hidden_because,
        new.sent_digest,
    )


def _counters_moved_by(given: Mapping[str, Any]) -> Update:
    """The update of conversations; `given` has the values by the names of `_COUNTERS`."""
    return (
        update(Conversation)
        .where(Conversation.id == given["touched_id"])
        .values(
            last_seq=given["touched_seq"],
            message_count=Conversation.message_count + given["touched_added"],
            last_message_at=func.coalesce(given["touched_shown_at"], Conversation.last_message_at),
            updated_at=given["touched_at"],
        )
    )


def _markers_moved_by(given: Mapping[str, Any]) -> Update:
    """The update of read markers; `given` has the values by the names of `_MARKERS`."""
    participant = ConversationParticipant
    return (
        update(participant)
        .where(
            participant.conversation_id == given["marked_conversation_id"],
            participant.user_id == given["marked_user_id"],
            participant.last_read_seq < given["marked_seq"],
        )
        .values(last_read_seq=given["marked_seq"], last_read_message_id=given["marked_message_id"])
    )


def _parameters(types: dict[str, TypeEngine[Any]]) -> dict[str, Any]:
    return {name: bindparam(name, type_=type_) for name, type_ in types.items()}


def _rows_of_arrays(types: dict[str, TypeEngine[Any]], name: str) -> TableValuedAlias:
    """Parameters that are arrays, one for each column, as a table."""
    # Not VARCHAR(50)[]: that cast would cut what is too long, where the column refuses it.
    types = {it: Text() if isinstance(kind, String) else kind for it, kind in types.items()}
    arrays = [bindparam(it, type_=ARRAY(kind)) for it, kind in types.items()]
    columns = [column(it, kind) for it, kind in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def _all_at_once() -> Prepared:
    types = {f"stored_{it}": Message.__table__.c[it].type for it in _MESSAGE_COLUMNS}
    stored = _rows_of_arrays(types, "stored")
    touched = _rows_of_arrays(_COUNTERS, "touched")
    marked = _rows_of_arrays(_MARKERS, "marked")
    inserting = insert(Message).from_select(
        list(_MESSAGE_COLUMNS), select(*stored.c), include_defaults=False
    )
    statement = (
        _markers_moved_by(dict(marked.c))
        .add_cte(inserting.cte("inserting"))
        .add_cte(_counters_moved_by(dict(touched.c)).cte("counting"))
    )
    return Prepared(statement, *types, *_COUNTERS, *_MARKERS)


_INSERT_MESSAGES = Prepared(insert(Message), *_MESSAGE_COLUMNS)
_MOVE_COUNTERS = Prepared(_counters_moved_by(_parameters(_COUNTERS)), *_COUNTERS)
MOVE_MARKERS: Update = _markers_moved_by(_parameters(_MARKERS))
_MOVE_MARKERS = Prepared(MOVE_MARKERS, *_MARKERS)
_STORE_AT_ONCE = _all_at_once()
