"""What a conversation's row must say, derived from its messages and events."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from fynix_server.tables import Conversation, ConversationEvent, Message, PurgedNumbers

_MEMBERSHIP_EVENTS = ("participant_added", "participant_removed")


def _newest(table: Any, column: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """`column` of the conversation's newest row of `table`. Index: (conversation_id, seq)."""
    query = select(column).where(table.conversation_id == Conversation.id, *conditions)
    newest = query.order_by(table.seq.desc()).limit(1)
    return newest.correlate(Conversation).scalar_subquery()


def _count(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    query = select(func.count()).where(table.conversation_id == Conversation.id, *conditions)
    return query.correlate(Conversation).scalar_subquery()


_LAST_MESSAGE_SEQ = func.coalesce(_newest(Message, Message.seq), 0)
_LAST_EVENT_SEQ = func.coalesce(_newest(ConversationEvent, ConversationEvent.seq), 0)
_IS_MESSAGE_LAST = _LAST_MESSAGE_SEQ > _LAST_EVENT_SEQ
_IS_SHOWN = Message.hidden_because.is_(None)
_LAST_STORED_SEQ = case((_IS_MESSAGE_LAST, _LAST_MESSAGE_SEQ), else_=_LAST_EVENT_SEQ)
_LAST_PURGED_SEQ = func.coalesce(
    select(func.max(PurgedNumbers.last_seq))
    .where(PurgedNumbers.conversation_id == Conversation.id)
    .correlate(Conversation)
    .scalar_subquery(),
    0,
)
LAST_USED_SEQ = case(
    (_LAST_PURGED_SEQ > _LAST_STORED_SEQ, _LAST_PURGED_SEQ), else_=_LAST_STORED_SEQ
)
LAST_MESSAGE_AT = _newest(Message, Message.created_at, _IS_SHOWN)
LAST_USED_AT = case(
    (_IS_MESSAGE_LAST, _newest(Message, Message.created_at)),
    else_=_newest(ConversationEvent, ConversationEvent.created_at),
)
MESSAGE_COUNT = _count(Message, Message.is_deleted.is_(False), _IS_SHOWN)
LEAST_MEMBERS_VERSION = 1 + _count(
    ConversationEvent, ConversationEvent.type.in_(_MEMBERSHIP_EVENTS)
)

IS_LAST_SEQ_LOW = Conversation.last_seq < LAST_USED_SEQ
IS_COUNT_WRONG = Conversation.message_count != MESSAGE_COUNT
IS_LAST_MESSAGE_WRONG = Conversation.last_message_at.is_distinct_from(LAST_MESSAGE_AT)
IS_UPDATED_EARLY = Conversation.updated_at < LAST_USED_AT
IS_VERSION_LOW = Conversation.members_version < LEAST_MEMBERS_VERSION
