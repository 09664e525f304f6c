"""The SQL of conversations. Takes the connection first; never commits."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    and_,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.membership import (
    PARTICIPANT_COLUMNS,
    UNREAD_PARTICIPANT_COLUMNS,
    is_blocked_by,
)
from fynix_server.read_state import MESSAGE_COLUMNS
from fynix_server.tables import Conversation, ConversationParticipant, Message, User, is_active_at

AnyRow = Row[*tuple[Any, ...]]

CONVERSATION_COLUMNS: tuple[Any, ...] = (
    Conversation.id,
    Conversation.is_group,
    Conversation.name,
    Conversation.description,
    Conversation.created_at,
    Conversation.updated_at,
    Conversation.last_message_at,
    Conversation.last_seq,
    Conversation.frozen_at,
)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


async def find_conversation(connection: AsyncConnection, conversation_id: UUID) -> AnyRow:
    """One that is known to exist. Index: pk_conversations."""
    query = select(*CONVERSATION_COLUMNS).where(Conversation.id == conversation_id)
    return (await connection.execute(query)).one()


async def find_dm(connection: AsyncConnection, dm_key: str) -> UUID | None:
    """The id of the conversation of two people. Index: uq_conversations_dm_key."""
    query = select(Conversation.id).where(Conversation.dm_key == dm_key)
    return (await connection.execute(query)).scalar_one_or_none()


async def active_participants(
    connection: AsyncConnection, viewer_id: UUID, conversation_ids: Collection[UUID]
) -> Sequence[AnyRow]:
    """Who takes part in each of them, those longest there first; PARTICIPANT_COLUMNS as the viewer
    sees them.

    Indexes: pk_conversation_participants; where the viewer has blocks pk_blocks,
    idx_blocks_blocked, pk_severed_readings.
    """
    participant = ConversationParticipant
    query = (
        select(*PARTICIPANT_COLUMNS)
        .join(User, User.id == participant.user_id)
        .where(participant.conversation_id.in_(conversation_ids), participant.is_active)
        .order_by(participant.conversation_id, participant.joined_seq, participant.user_id)
    )
    return (await connection.execute(query, {"viewer_id": viewer_id})).all()


async def last_messages(
    connection: AsyncConnection, user_id: UUID, conversation_ids: Collection[UUID]
) -> dict[UUID, AnyRow]:
    """The newest message of each that the person may see; MESSAGE_COLUMNS and whether they have
    blocked its sender. None where left out.

    Indexes: pk_conversation_participants, then one step down uq_messages_conversation_id_seq.
    """
    participant = ConversationParticipant
    candidate = Message.__table__.alias("candidate").c
    newest = (
        select(candidate.seq)
        .where(
            candidate.conversation_id == participant.conversation_id,
            candidate.seq >= participant.joined_seq,
            candidate.is_deleted.is_(False),
            or_(candidate.hidden_because.is_(None), candidate.sender_id == user_id),
        )
        .order_by(candidate.seq.desc())
        .limit(1)
        .correlate(ConversationParticipant)
        .scalar_subquery()
    )
    is_newest = and_(Message.conversation_id == participant.conversation_id, Message.seq == newest)
    query = (
        select(*MESSAGE_COLUMNS, is_blocked_by(user_id, Message.sender_id).label("is_from_blocked"))
        .select_from(ConversationParticipant)
        # Outer joins fix the order: SQLite, left to choose, may begin by reading all messages.
        .outerjoin(Message, is_newest)
        .outerjoin(User, User.id == Message.sender_id)
        .where(participant.user_id == user_id, participant.conversation_id.in_(conversation_ids))
    )
    rows = await connection.execute(query)
    return {row.conversation_id: row for row in rows if row.id is not None}


async def known_user_ids(connection: AsyncConnection, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that are people, and not erased. Index: pk_users."""
    query = select(User.id).where(User.id.in_(user_ids), User.status != "erased")
    return set((await connection.execute(query)).scalars())


async def unwelcoming(
    connection: AsyncConnection, user_ids: Collection[UUID], now: datetime
) -> dict[UUID, bool]:
    """Those of them who let nobody new write to them; whether they are shut out of the server.

    Index: pk_users.
    """
    is_active = is_active_at(now)
    query = select(User.id, not_(is_active)).where(
        User.id.in_(user_ids), or_(not_(is_active), User.accepts_new_dms.is_(False))
    )
    return {user_id: is_shut_out for user_id, is_shut_out in await connection.execute(query)}


async def known_dms(connection: AsyncConnection, dm_keys: Collection[str]) -> set[str]:
    """Those of them of which there is a conversation. Index: uq_conversations_dm_key."""
    query = select(Conversation.dm_key).where(Conversation.dm_key.in_(dm_keys))
    return {it for it in (await connection.execute(query)).scalars() if it is not None}


async def find_banned_owner(connection: AsyncConnection, conversation_id: UUID) -> UUID | None:
    """The owner of a group, if they are banned. Indexes: pk_conversation_participants, pk_users."""
    participant = ConversationParticipant
    query = (
        select(participant.user_id)
        .join(User, User.id == participant.user_id)
        .where(
            participant.conversation_id == conversation_id,
            participant.is_active,
            participant.role == "owner",
            User.status == "banned",
        )
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def find_participant(
    connection: AsyncConnection, viewer_id: UUID, conversation_id: UUID, user_id: UUID
) -> AnyRow | None:
    """Somebody who takes, or took, part; PARTICIPANT_COLUMNS. Index: the primary key."""
    query = _participant(PARTICIPANT_COLUMNS, conversation_id, user_id)
    return (await connection.execute(query, {"viewer_id": viewer_id})).one_or_none()


async def load_newcomer(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID
) -> AnyRow:
    """Somebody who has just joined; UNREAD_PARTICIPANT_COLUMNS. Index: the primary key."""
    query = _participant(UNREAD_PARTICIPANT_COLUMNS, conversation_id, user_id)
    return (await connection.execute(query)).one()


def _participant(
    columns: tuple[Any, ...], conversation_id: UUID, user_id: UUID
) -> Select[*tuple[Any, ...]]:
    participant = ConversationParticipant
    return (
        select(*columns)
        .join(User, User.id == participant.user_id)
        .where(participant.conversation_id == conversation_id, participant.user_id == user_id)
    )


# ── writing ──────────────────────────────────────────────────────────────────────────────────


async def lock_conversation(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Make other changes of it wait until the commit. Before reading what a change depends on.

    SQLite has locked the whole database already, and ignores it.
    """
    query = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    await connection.execute(query)


async def insert_dm(connection: AsyncConnection, row: dict[str, Any]) -> UUID:
    """Store a conversation of two; the id of theirs, which is another where they had one.

    A racing insert of the same key is waited for, so that its row can be read afterwards.
    Index: uq_conversations_dm_key.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Conversation).values(**row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["dm_key"]))
    query = select(Conversation.id).where(Conversation.dm_key == row["dm_key"])
    return (await connection.execute(query)).scalar_one()


async def insert_group(connection: AsyncConnection, row: dict[str, Any]) -> None:
    await connection.execute(insert(Conversation).values(**row))


async def insert_participants(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    await connection.execute(insert(ConversationParticipant), rows)


async def rejoin(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, *, seq: int, now: datetime
) -> None:
    """Make a former participant a member again, from `seq` on."""
    await _change_participant(
        connection,
        conversation_id,
        user_id,
        is_active=True,
        role="member",
        joined_seq=seq,
        joined_at=now,
        left_seq=None,
        left_at=None,
    )


async def end_participation(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, *, seq: int, now: datetime
) -> None:
    """Make a participant a former one; `seq` is the last thing they are told."""
    await _change_participant(
        connection, conversation_id, user_id, is_active=False, left_seq=seq, left_at=now
    )


async def change_role(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, role: str
) -> None:
    await _change_participant(connection, conversation_id, user_id, role=role)


async def _change_participant(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, **values: Any
) -> None:
    participant = ConversationParticipant
    await connection.execute(
        update(participant)
        .where(participant.conversation_id == conversation_id, participant.user_id == user_id)
        .values(**values)
    )


async def change_group(
    connection: AsyncConnection, conversation_id: UUID, *, name: str | None, description: str | None
) -> None:
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(name=name, description=description)
    )


async def move_members_version(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Say that the members changed: what caches hold of them no longer counts."""
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(members_version=Conversation.members_version + 1)
    )
