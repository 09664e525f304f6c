"""Invariants of people and their logins, and of the words that columns may hold."""

from typing import Any, get_args

from sqlalchemy import func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.doctor.invariant import (
    Finding,
    Invariant,
    count_rows,
    note_all,
    rows_of,
)
from fynix_server.protocol.accounts import Role
from fynix_server.protocol.conversations import ParticipantRole
from fynix_server.protocol.messages import ContentType
from fynix_server.tables import ConversationParticipant, Message, RefreshToken, Session, User

_FOLDED = func.lower(User.username)
_NAMES = select(
    User.id.label("user_id"),
    User.username,
    func.count().over(partition_by=_FOLDED).label("namesakes"),
).subquery()
_NOT_ALONE = select(_NAMES.c.user_id).where(
    or_(_NAMES.c.namesakes > 1, _NAMES.c.username != func.lower(_NAMES.c.username))
)

_WITH_TWO_TOKENS = (
    select(RefreshToken.session_id)
    .where(RefreshToken.used_at.is_(None))
    .group_by(RefreshToken.session_id)
    .having(func.count() > 1)
)

_WORDS: tuple[tuple[Any, Any, tuple[Any, ...]], ...] = (
    (User, Role, (User.role, User.id.label("user_id"))),
    (
        ConversationParticipant,
        ParticipantRole,
        (
            ConversationParticipant.role,
            ConversationParticipant.conversation_id,
            ConversationParticipant.user_id,
        ),
    ),
    (
        Message,
        ContentType,
        (Message.content_type, Message.conversation_id, Message.id.label("message_id")),
    ),
)
"""A table, the words that its column may hold, that column, and the ids of its rows."""


async def _examine_words(connection: AsyncConnection) -> Finding:
    finding = Finding()
    for table, words, (column, *ids) in _WORDS:
        finding.checked += await count_rows(connection, table)
        name = literal(f"{table.__tablename__}.{column.key}").label("column")
        unknown = select(name, *ids).where(column.not_in(get_args(words)))
        await note_all(connection, unknown, finding)
    return finding


ACCOUNTS = (
    Invariant(
        "usernames",
        "usernames are in lower case, and nobody has another's",
        "Rename one of them in the table users.",
        rows_of(User, _NOT_ALONE),
    ),
    Invariant(
        "words",
        "roles and content types are words that this version knows",
        "A newer Fynix, or somebody by hand, wrote them; upgrade, or set them right.",
        _examine_words,
    ),
    Invariant(
        "refresh_tokens",
        "a session has one refresh token at most that was not used",
        "Both are good until one is used; let the person log out.",
        rows_of(Session, _WITH_TWO_TOKENS),
    ),
)
