"""SQL of blocking. Nothing here commits."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from fynix_server.tables import (
    Block,
    Conversation,
    ConversationParticipant,
    SeveredReading,
    User,
)


class Blocked(NamedTuple):
    """Somebody who is blocked, and since when."""

    user_id: UUID
    username: str
    display_name: str
    blocked_at: datetime


async def blocks_of(
    connection: AsyncConnection, blocker_id: UUID, after: str, limit: int
) -> list[Blocked]:
    """Whom somebody has blocked, by name. Index: pk_blocks; a person's blocks are few."""
    query = (
        select(Block.blocked_id, User.username, User.display_name, Block.created_at)
        .join(User, User.id == Block.blocked_id)
        .where(Block.blocker_id == blocker_id, User.username > after)
        .order_by(User.username)
        .limit(limit)
    )
    return [Blocked(*row) for row in await connection.execute(query)]


async def find_block(
    connection: AsyncConnection, blocker_id: UUID, blocked_id: UUID
) -> Blocked | None:
    """Index: pk_blocks."""
    query = (
        select(Block.blocked_id, User.username, User.display_name, Block.created_at)
        .join(User, User.id == Block.blocked_id)
        .where(Block.blocker_id == blocker_id, Block.blocked_id == blocked_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Blocked(*row)


async def is_person(connection: AsyncConnection, user_id: UUID) -> bool:
    """Index: pk_users."""
    query = select(User.id).where(User.id == user_id, User.status != "erased")
    return (await connection.execute(query)).one_or_none() is not None


async def lock_blocker(connection: AsyncConnection, blocker_id: UUID) -> None:
    """Have their other blocks wait until the commit; what they send does not. Index: pk_users."""
    query = select(User.id).where(User.id == blocker_id).with_for_update(key_share=True)
    await connection.execute(query)


async def count_blocks(connection: AsyncConnection, blocker_id: UUID) -> int:
    """Index: pk_blocks."""
    query = select(func.count()).where(Block.blocker_id == blocker_id)
    return (await connection.execute(query)).scalar_one()


async def insert_block(
    connection: AsyncConnection, blocker_id: UUID, blocked_id: UUID, now: datetime
) -> None:
    row = {"blocker_id": blocker_id, "blocked_id": blocked_id, "created_at": now}
    await connection.execute(insert(Block), row)


async def delete_block(connection: AsyncConnection, blocker_id: UUID, blocked_id: UUID) -> bool:
    """Whether there was one."""
    statement = delete(Block).where(Block.blocker_id == blocker_id, Block.blocked_id == blocked_id)
    return (await connection.execute(statement)).rowcount == 1


async def lock_common_conversations(
    connection: AsyncConnection, one_id: UUID, other_id: UUID
) -> Sequence[UUID]:
    """Those in which both take part now; locked in the order that the send path locks them.

    Indexes: idx_participants_user_active, pk_conversation_participants.
    """
    other = aliased(ConversationParticipant)
    common = (
        select(ConversationParticipant.conversation_id)
        .join(other, other.conversation_id == ConversationParticipant.conversation_id)
        .where(
            ConversationParticipant.user_id == one_id,
            ConversationParticipant.is_active.is_(True),
            other.user_id == other_id,
            other.is_active.is_(True),
        )
    )
    query = (
        select(Conversation.id)
        .where(Conversation.id.in_(common))
        .order_by(Conversation.id)
        .with_for_update()
    )
    return (await connection.execute(query)).scalars().all()


async def move_members_versions(
    connection: AsyncConnection, conversation_ids: Collection[UUID]
) -> None:
    """What caches hold of who may write to whom there no longer counts."""
    await connection.execute(
        update(Conversation)
        .where(Conversation.id.in_(conversation_ids))
        .values(members_version=Conversation.members_version + 1)
    )


async def stop_showing_reading(
    connection: AsyncConnection,
    conversation_ids: Collection[UUID],
    viewer_id: UUID,
    reader_id: UUID,
) -> None:
    """From here on one of them does not see how far the other reads there.

    Where the other has blocked them already, that mark stays. Index: pk_conversation_participants.
    """
    participant = ConversationParticipant
    viewer = literal(viewer_id, SeveredReading.viewer_id.type)
    marks = select(
        viewer,
        participant.user_id,
        participant.conversation_id,
        participant.last_read_seq,
        participant.last_read_message_id,
    ).where(participant.user_id == reader_id, participant.conversation_id.in_(conversation_ids))
    columns = ["viewer_id", "reader_id", "conversation_id", "read_seq", "read_message_id"]
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(SeveredReading)
    await connection.execute(statement.from_select(columns, marks).on_conflict_do_nothing())


async def show_reading_again(connection: AsyncConnection, one_id: UUID, other_id: UUID) -> None:
    """Of two people to each other, everywhere, unless another block stands between them.

    Indexes: pk_severed_readings, pk_blocks.
    """
    severed = SeveredReading
    is_between = or_(
        and_(Block.blocker_id == one_id, Block.blocked_id == other_id),
        and_(Block.blocker_id == other_id, Block.blocked_id == one_id),
    )
    of_them = or_(
        and_(severed.viewer_id == one_id, severed.reader_id == other_id),
        and_(severed.viewer_id == other_id, severed.reader_id == one_id),
    )
    await connection.execute(delete(severed).where(of_them, ~exists().where(is_between)))
