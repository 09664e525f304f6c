"""SQL of blocking. Nothing here commits."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from fynix_server.tables import Block, Conversation, ConversationParticipant, User


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
    connection: AsyncConnection, conversation_ids: Collection[UUID], user_ids: Collection[UUID]
) -> None:
    """From here on those whom a block severs from them do not see how far they read there.

    Where one stands already, its mark stays. Index: pk_conversation_participants.
    """
    participant = ConversationParticipant
    await connection.execute(
        update(participant)
        .where(
            participant.conversation_id.in_(conversation_ids),
            participant.user_id.in_(user_ids),
            participant.severed_read_seq.is_(None),
        )
        .values(
            severed_read_seq=participant.last_read_seq,
            severed_read_message_id=participant.last_read_message_id,
        )
    )


async def show_reading_again(
    connection: AsyncConnection, conversation_ids: Collection[UUID], user_ids: Collection[UUID]
) -> None:
    """Unless another block stands between one of them and somebody there.

    Indexes: pk_conversation_participants, pk_blocks, idx_blocks_blocked.
    """
    participant = ConversationParticipant
    other = aliased(ConversationParticipant)
    is_between = or_(
        and_(Block.blocker_id == participant.user_id, Block.blocked_id == other.user_id),
        and_(Block.blocked_id == participant.user_id, Block.blocker_id == other.user_id),
    )
    is_severed = exists().where(
        other.conversation_id == participant.conversation_id, other.is_active, is_between
    )
    await connection.execute(
        update(participant)
        .where(
            participant.conversation_id.in_(conversation_ids),
            participant.user_id.in_(user_ids),
            ~is_severed,
        )
        .values(severed_read_seq=None, severed_read_message_id=None)
        .execution_options(synchronize_session=False)
    )
