"""Invariants of a conversation's counter, and of what its row derives from its messages."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from fynix_server.clock import utc_now
from fynix_server.maintenance.doctor.derived import (
    IS_COUNT_WRONG,
    IS_LAST_MESSAGE_WRONG,
    IS_LAST_SEQ_LOW,
    IS_UPDATED_EARLY,
    IS_VERSION_LOW,
    LAST_MESSAGE_AT,
    LAST_USED_AT,
    LAST_USED_SEQ,
    LEAST_MEMBERS_VERSION,
    MESSAGE_COUNT,
)
from fynix_server.maintenance.doctor.invariant import Invariant, Mend, rows_of, updating
from fynix_server.tables import Conversation, ConversationEvent, Message, PurgedNumbers, UtcDateTime

CLOCK_SKEW_SECONDS = 60
"""As far back as the reconciler looks; clocks that differ by more break other things too."""


def _conversations(is_broken: ColumnElement[bool]) -> Any:
    broken = select(Conversation.id.label("conversation_id")).where(is_broken)
    return rows_of(Conversation, broken)


def _setting(is_broken: ColumnElement[bool], **values: Any) -> Mend:
    def statement(conversation_id: UUID) -> Update:
        mended = update(Conversation).where(Conversation.id == conversation_id, is_broken)
        return mended.values(**values)

    return updating(statement)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────

_USED_BY_BOTH = select(Message.conversation_id, Message.seq).join(
    ConversationEvent,
    (ConversationEvent.conversation_id == Message.conversation_id)
    & (ConversationEvent.seq == Message.seq),
)


def _is_purged(conversation_id: Any, seq: Any) -> ColumnElement[bool]:
    return exists().where(
        PurgedNumbers.conversation_id == conversation_id,
        PurgedNumbers.last_seq >= seq,
        PurgedNumbers.first_seq <= seq,
    )


def _used_and_purged(table: Any) -> Any:
    return select(table.conversation_id, table.seq).where(
        _is_purged(table.conversation_id, table.seq)
    )


_USED_TWICE = union_all(
    _USED_BY_BOTH, _used_and_purged(Message), _used_and_purged(ConversationEvent)
)


def _holes() -> Any:
    """The first missing number of each hole; one past the last where the counter is too high."""
    purged = PurgedNumbers
    numbers = union_all(
        select(Message.conversation_id, Message.seq, Message.seq.label("last")),
        select(ConversationEvent.conversation_id, ConversationEvent.seq, ConversationEvent.seq),
        select(purged.conversation_id, purged.first_seq, purged.last_seq),
        # What the counter says is the last one has to be there as well.
        select(Conversation.id, Conversation.last_seq + 1, Conversation.last_seq + 1),
    ).subquery()
    before = func.lag(numbers.c.last).over(
        partition_by=numbers.c.conversation_id, order_by=numbers.c.seq
    )
    steps = select(
        numbers.c.conversation_id, numbers.c.seq, func.coalesce(before, 0).label("before")
    ).subquery()
    return select(steps.c.conversation_id, (steps.c.before + 1).label("seq")).where(
        or_(steps.c.seq > steps.c.before + 1, steps.c.seq < 1)
    )


# ── beginnings and deletions ─────────────────────────────────────────────────────────────────

_IS_BEGINNING = ConversationEvent.type == literal("conversation_created")
_WITHOUT_BEGINNING = (
    select(Conversation.id.label("conversation_id"), literal(1).label("seq"))
    .outerjoin(
        ConversationEvent,
        (ConversationEvent.conversation_id == Conversation.id)
        & (ConversationEvent.seq == 1)
        & _IS_BEGINNING,
    )
    .where(ConversationEvent.seq.is_(None))
)
_BEGUN_AGAIN = select(ConversationEvent.conversation_id, ConversationEvent.seq).where(
    _IS_BEGINNING, ConversationEvent.seq != 1
)

_MAY_BE_PURGED = and_(
    ConversationEvent.message_id.is_not(None),
    exists().where(
        PurgedNumbers.conversation_id == ConversationEvent.conversation_id,
        PurgedNumbers.first_seq < ConversationEvent.seq,
        PurgedNumbers.is_event.is_(False),
    ),
)
"""A message that was cleaned up left its number, not its id: it was one of those before."""

_ABOUT_MESSAGES = ("message_updated", "message_deleted")
_ABOUT_NOTHING = (
    select(ConversationEvent.conversation_id, ConversationEvent.seq)
    .outerjoin(
        Message,
        (Message.id == ConversationEvent.message_id)
        & (Message.conversation_id == ConversationEvent.conversation_id),
    )
    .where(
        or_(
            ConversationEvent.type.in_(_ABOUT_MESSAGES),
            ConversationEvent.message_id.is_not(None),
        ),
        Message.id.is_(None),
        ~_MAY_BE_PURGED,
    )
)

_TOLD = (
    select(
        ConversationEvent.message_id,
        func.max(case((ConversationEvent.type == "message_deleted", ConversationEvent.seq))).label(
            "deleted_seq"
        ),
        func.max(case((ConversationEvent.type == "message_updated", ConversationEvent.seq))).label(
            "updated_seq"
        ),
    )
    .where(ConversationEvent.type.in_(_ABOUT_MESSAGES))
    .group_by(ConversationEvent.message_id)
    .subquery()
)
# What is deleted cannot be edited: a message that was updated later has been restored.
_DELETIONS = (
    select(_TOLD.c.message_id)
    .where(_TOLD.c.deleted_seq > func.coalesce(_TOLD.c.updated_seq, 0))
    .subquery()
)
_DELETED_SILENTLY = (
    select(Message.conversation_id, Message.seq)
    .outerjoin(_DELETIONS, _DELETIONS.c.message_id == Message.id)
    .where(Message.is_deleted, _DELETIONS.c.message_id.is_(None))
)
_STILL_THERE = (
    select(Message.conversation_id, Message.seq)
    .join(_DELETIONS, _DELETIONS.c.message_id == Message.id)
    .where(Message.is_deleted.is_(False))
)


# ── clocks ───────────────────────────────────────────────────────────────────────────────────


def _beyond_skew() -> datetime:
    return utc_now() + timedelta(seconds=CLOCK_SKEW_SECONDS)


_FUTURE = bindparam("future", callable_=_beyond_skew, type_=UtcDateTime())
_IS_OF_THE_FUTURE = or_(Conversation.updated_at > _FUTURE, Conversation.last_message_at > _FUTURE)


COUNTING = (
    Invariant(
        "numbers_once",
        "no number of a conversation is both a message's and an event's, or cleaned up and there",
        "Clients have shown one of the two and skipped the other. Restore a backup; nothing here "
        "can give a number that clients have seen to something else.",
        rows_of(Message, _USED_TWICE),
    ),
    Invariant(
        "numbers_whole",
        "the numbers of a conversation's messages and events, and those whose rows were cleaned "
        "up, are 1 to last_seq, with no hole",
        "What had these numbers is gone; compare with a backup. Clients go on past a hole.",
        rows_of(Conversation, _holes()),
    ),
    Invariant(
        "last_seq",
        "last_seq is not below a number that is in use",
        "Run: fynix doctor --fix. Until then, sending there fails.",
        _conversations(IS_LAST_SEQ_LOW),
        _setting(IS_LAST_SEQ_LOW, last_seq=LAST_USED_SEQ),
    ),
    Invariant(
        "message_count",
        "message_count is how many messages are neither deleted nor hidden",
        "Run: fynix doctor --fix",
        _conversations(IS_COUNT_WRONG),
        _setting(IS_COUNT_WRONG, message_count=MESSAGE_COUNT),
    ),
    Invariant(
        "last_message_at",
        "last_message_at is the time of the newest message that is not hidden, deleted or not",
        "Run: fynix doctor --fix",
        _conversations(IS_LAST_MESSAGE_WRONG),
        _setting(IS_LAST_MESSAGE_WRONG, last_message_at=LAST_MESSAGE_AT),
    ),
    Invariant(
        "updated_at",
        "updated_at is not before the newest number, so that the reconciler finds it",
        "Run: fynix doctor --fix",
        _conversations(IS_UPDATED_EARLY),
        _setting(IS_UPDATED_EARLY, updated_at=LAST_USED_AT),
    ),
    Invariant(
        "clocks",
        f"no conversation was changed more than {CLOCK_SKEW_SECONDS} s from now",
        "The clock of a machine was, or is, wrong. Set it right; this passes with time.",
        _conversations(_IS_OF_THE_FUTURE),
    ),
    Invariant(
        "members_version",
        "members_version has moved with every joining and leaving",
        "Run: fynix doctor --fix. Until then, caches may let in who has left.",
        _conversations(IS_VERSION_LOW),
        # Past the present one as well: a cache may hold other members under any number so far.
        _setting(IS_VERSION_LOW, members_version=LEAST_MEMBERS_VERSION + 1),
    ),
    Invariant(
        "beginnings",
        "every conversation begins with conversation_created, which is number 1, and only that",
        "Compare with a backup. Clients that come back do not learn of such a conversation.",
        rows_of(Conversation, union_all(_WITHOUT_BEGINNING, _BEGUN_AGAIN)),
    ),
    Invariant(
        "event_messages",
        "an event about a message names one of its own conversation, there or cleaned up",
        "Compare with a backup. Clients are told that the message was deleted.",
        rows_of(ConversationEvent, _ABOUT_NOTHING),
    ),
    Invariant(
        "deletions",
        "a message is marked deleted where, and only where, the last event about it tells so",
        "Clients do not agree on what is there. One that is still shown can be deleted again; one "
        "that went without an event is shown until a client loads the conversation anew.",
        rows_of(Message, union_all(_DELETED_SILENTLY, _STILL_THERE)),
    ),
)
