"""Invariants of who takes part: in conversations of two, in groups, and since when."""

from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, case, cast, exists, func, or_, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.doctor.invariant import Invariant, rows_of
from fynix_server.maintenance.doctor.membership_log import examine_log
from fynix_server.tables import Conversation, ConversationParticipant, Message

_participant = ConversationParticipant
_ALONE_LENGTH = 36
_DM_KEY_LENGTH = 2 * _ALONE_LENGTH + 1


# ── two people ───────────────────────────────────────────────────────────────────────────────

_HEADS = (
    select(
        _participant.conversation_id,
        func.count().label("there"),
        func.sum(case((_participant.is_active, 1), else_=0)).label("active"),
    )
    .group_by(_participant.conversation_id)
    .subquery()
)
_NOT_TWO = (
    select(Conversation.id.label("conversation_id"))
    .outerjoin(_HEADS, _HEADS.c.conversation_id == Conversation.id)
    .where(
        Conversation.is_group.is_(False),
        or_(
            func.coalesce(_HEADS.c.there, 0) != 2,
            func.coalesce(_HEADS.c.active, 0) != 2,
        ),
    )
)


def _wrong_keys() -> Any:
    """Groups with a key, and pairs whose key is not both ids, sorted, with a colon.

    SQLite keeps ids without their dashes, so they are compared without.
    """
    first = _participant.__table__.alias("first").c
    second = _participant.__table__.alias("second").c
    is_pair = and_(first.conversation_id == second.conversation_id, first.user_id < second.user_id)
    bare = [func.replace(cast(it.user_id, String), "-", "") for it in (first, second)]
    given = func.coalesce(Conversation.dm_key, "")
    pairs = (
        select(Conversation.id.label("conversation_id"))
        .join(first.conversation_id.table, first.conversation_id == Conversation.id)
        .join(second.conversation_id.table, is_pair)
        .join(_HEADS, and_(_HEADS.c.conversation_id == Conversation.id, _HEADS.c.there == 2))
        .where(
            Conversation.is_group.is_(False),
            or_(
                func.replace(given, "-", "") != bare[0] + ":" + bare[1],
                func.length(given) != _DM_KEY_LENGTH,
            ),
        )
    )
    groups = select(Conversation.id).where(Conversation.is_group, Conversation.dm_key.is_not(None))
    return union_all(pairs, groups)


async def _mend_key(connection: AsyncConnection, conversation_id: UUID) -> int:
    """Write the key anew; 0 where it is right, cannot be known, or another conversation has it."""
    query = select(Conversation.is_group, Conversation.dm_key).where(
        Conversation.id == conversation_id
    )
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        return 0
    key = None if found.is_group else await _key_of(connection, conversation_id)
    if key == found.dm_key or (key is None and not found.is_group):
        return 0
    taken = Conversation.__table__.alias("taken").c
    mended = update(Conversation).where(Conversation.id == conversation_id).values(dm_key=key)
    if key is not None:
        mended = mended.where(~exists().where(taken.dm_key == key))
    try:
        async with connection.begin_nested():
            return (await connection.execute(mended)).rowcount
    except IntegrityError:  # somebody has begun a conversation of these two meanwhile
        return 0


async def _key_of(connection: AsyncConnection, conversation_id: UUID) -> str | None:
    query = select(_participant.user_id).where(_participant.conversation_id == conversation_id)
    ids = sorted(str(it) for it in (await connection.execute(query)).scalars())
    return ":".join(ids) if len(ids) == 2 else None


# ── groups ───────────────────────────────────────────────────────────────────────────────────

_OWNERS = func.sum(case((_participant.role == "owner", 1), else_=0))
_WRONGLY_OWNED = (
    select(Conversation.id.label("conversation_id"))
    .join(_participant, _participant.conversation_id == Conversation.id)
    .where(_participant.is_active)
    .group_by(Conversation.id, Conversation.is_group)
    .having(case((Conversation.is_group, 1), else_=0) != _OWNERS)
)
"""Who has left keeps their role; a group that all have left has no owner, and needs none."""

_OUT_OF_RANGE = (
    select(_participant.conversation_id, _participant.user_id)
    .join(Conversation, Conversation.id == _participant.conversation_id)
    .where(
        or_(
            _participant.joined_seq < 1,
            _participant.joined_seq > Conversation.last_seq,
            _participant.left_seq <= _participant.joined_seq,
            _participant.left_seq > Conversation.last_seq,
            # Whoever has gone went at some number and some time; whoever is there has not.
            _participant.is_active != _participant.left_seq.is_(None),
            _participant.is_active != _participant.left_at.is_(None),
        )
    )
)

_SENDERS = select(Message.sender_id, Message.conversation_id).distinct().subquery()
_STRANGERS = (
    select(_SENDERS.c.conversation_id, _SENDERS.c.sender_id.label("user_id"))
    .outerjoin(
        _participant,
        and_(
            _participant.conversation_id == _SENDERS.c.conversation_id,
            _participant.user_id == _SENDERS.c.sender_id,
        ),
    )
    .where(_participant.user_id.is_(None))
)


MEMBERSHIP = (
    Invariant(
        "dm_participants",
        "a direct conversation has two people, who are both in it",
        "Compare with a backup; who is missing cannot be known from here.",
        rows_of(Conversation, _NOT_TWO),
    ),
    Invariant(
        "dm_key",
        "dm_key is both people's ids, sorted; a group has none",
        "Run: fynix doctor --fix. Where that leaves one, two conversations are of the same two "
        "people: only one of them is found by its key, and the other keeps what was said in it.",
        rows_of(Conversation, _wrong_keys()),
        _mend_key,
    ),
    Invariant(
        "group_owner",
        "a group with people in it has one owner; a direct conversation has none",
        "Set the role in conversation_participants of whom the latest participant_updated names.",
        rows_of(Conversation, _WRONGLY_OWNED),
    ),
    Invariant(
        "membership",
        "joined_seq and left_seq are numbers of the conversation, and agree with is_active",
        "Compare with a backup; these decide who may read what, so nothing guesses them.",
        rows_of(_participant, _OUT_OF_RANGE),
    ),
    Invariant(
        "membership_log",
        "the participants and their roles are those that the events add up to",
        "Compare with a backup; these decide who may do what, so nothing guesses them.",
        examine_log,
    ),
    Invariant(
        "senders",
        "whoever has sent a message is, or was, in its conversation",
        "Compare with a backup; a participant is missing.",
        rows_of(Message, _STRANGERS),
    ),
)
