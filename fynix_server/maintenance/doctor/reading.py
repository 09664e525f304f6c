"""Invariants of who has read what: the read markers, and the receipts beside them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, and_, exists, func, or_, select, update

from fynix_server.maintenance.doctor.invariant import Invariant, Mend, rows_of, updating
from fynix_server.tables import (
    ConversationParticipant,
    HeldMessage,
    Message,
    MessageReceipt,
    PurgedNumbers,
    User,
)

_participant = ConversationParticipant
_MARKERS = (_participant.conversation_id, _participant.user_id)


# ── markers stand on messages ────────────────────────────────────────────────────────────────

_IS_PURGED = exists().where(
    PurgedNumbers.conversation_id == _participant.conversation_id,
    PurgedNumbers.last_seq >= _participant.last_read_seq,
    PurgedNumbers.first_seq <= _participant.last_read_seq,
    PurgedNumbers.is_event.is_(False),
)
_OFF_MESSAGES = (
    select(*_MARKERS, _participant.last_read_seq.label("seq"))
    .outerjoin(
        Message,
        and_(
            Message.id == _participant.last_read_message_id,
            Message.conversation_id == _participant.conversation_id,
            Message.seq == _participant.last_read_seq,
        ),
    )
    .where(
        Message.id.is_(None),
        ~_IS_PURGED,
        # Nobody has read nothing yet.
        or_(_participant.last_read_seq != 0, _participant.last_read_message_id.is_not(None)),
    )
)


def _seen(column: Any, *conditions: ColumnElement[bool]) -> Any:
    """`column` of the newest message that fits, of the conversation of the participant's row."""
    query = select(column).where(
        Message.conversation_id == _participant.conversation_id, *conditions
    )
    newest = query.order_by(Message.seq.desc()).limit(1)
    return newest.correlate(_participant).scalar_subquery()


def _onto_message(conversation_id: UUID) -> Update:
    """Down to the newest message that the marker covers: what is unread stays the same."""
    is_covered = Message.seq <= _participant.last_read_seq
    seq = func.coalesce(_seen(Message.seq, is_covered), 0)
    message_id = _seen(Message.id, is_covered)
    is_off = or_(
        _participant.last_read_seq != seq,
        _participant.last_read_message_id.is_distinct_from(message_id),
    )
    return (
        update(_participant)
        .where(_participant.conversation_id == conversation_id, is_off)
        .values(last_read_seq=seq, last_read_message_id=message_id)
    )


# ── markers are past what was certainly read ─────────────────────────────────────────────────

_IS_THEIRS = and_(
    _participant.conversation_id == Message.conversation_id,
    _participant.user_id == Message.sender_id,
)
# By a moderator, who has read nothing for its sender.
_IS_RELEASED = exists().where(HeldMessage.released_as == Message.id).correlate(Message)
# With them goes what tells which of their messages a moderator has released.
_IS_ERASED = exists().where(User.id == _participant.user_id, User.status == "erased")
_BEHIND_OWN = (
    select(*_MARKERS)
    .join(Message, _IS_THEIRS)
    .where(Message.seq > _participant.last_read_seq, ~_IS_RELEASED, ~_IS_ERASED)
    .distinct()
)
_BEHIND_RECEIPT = (
    select(*_MARKERS)
    .join(Message, Message.conversation_id == _participant.conversation_id)
    .join(
        MessageReceipt,
        and_(
            MessageReceipt.message_id == Message.id,
            MessageReceipt.user_id == _participant.user_id,
        ),
    )
    .where(Message.seq > _participant.last_read_seq)
    .distinct()
)


def _forward_to(is_read: ColumnElement[bool]) -> Mend:
    """Moves markers forward to the newest message past them for which `is_read` holds."""
    past = (Message.seq > _participant.last_read_seq, is_read)
    seq, message_id = _seen(Message.seq, *past), _seen(Message.id, *past)

    def statement(conversation_id: UUID) -> Update:
        return (
            update(_participant)
            .where(_participant.conversation_id == conversation_id, seq.is_not(None))
            .values(last_read_seq=seq, last_read_message_id=message_id)
        )

    return updating(statement)


_HAS_RECEIPT = (
    exists()
    .where(
        MessageReceipt.message_id == Message.id,
        MessageReceipt.user_id == _participant.user_id,
    )
    .correlate(Message, _participant)
)

_OF_STRANGERS = (
    select(Message.conversation_id, Message.seq, MessageReceipt.user_id)
    .join(Message, Message.id == MessageReceipt.message_id)
    .outerjoin(
        _participant,
        and_(
            _participant.conversation_id == Message.conversation_id,
            _participant.user_id == MessageReceipt.user_id,
        ),
    )
    .where(or_(_participant.user_id.is_(None), MessageReceipt.user_id == Message.sender_id))
)


READING = (
    Invariant(
        "read_markers",
        "a read marker stands on a message of its conversation, there or cleaned up, or at 0",
        "Run: fynix doctor --fix",
        rows_of(_participant, _OFF_MESSAGES),
        updating(_onto_message),
    ),
    Invariant(
        "own_messages_read",
        "nobody's read marker is before a message that they have sent themselves, erased people's "
        "excepted",
        "Run: fynix doctor --fix",
        rows_of(_participant, _BEHIND_OWN),
        _forward_to(and_(Message.sender_id == _participant.user_id, ~_IS_RELEASED)),
    ),
    Invariant(
        "receipts_read",
        "nobody's read marker is before a message that they have a receipt of",
        "Run: fynix doctor --fix",
        rows_of(_participant, _BEHIND_RECEIPT),
        _forward_to(_HAS_RECEIPT),
    ),
    Invariant(
        "receipts",
        "receipts are of people who are, or were, in the conversation, and of others' messages",
        "They change nothing that people see. Compare with a backup, or delete those rows.",
        rows_of(MessageReceipt, _OF_STRANGERS),
    ),
)
