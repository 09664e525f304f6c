"""SQL of notices. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import AnyRow, Notice

_NOTICE = (Notice.id, Notice.kind, Notice.detail, Notice.created_at, Notice.read_at)


async def notices_of(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    is_unread: bool,
    before: UUID | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Theirs, the newest first, at most `limit`. Index: idx_notices_user, read backwards."""
    query = select(*_NOTICE).where(Notice.user_id == user_id)
    if is_unread:
        query = query.where(Notice.read_at.is_(None))
    if before is not None:
        query = query.where(Notice.id < before)
    return (await connection.execute(query.order_by(Notice.id.desc()).limit(limit))).all()


async def find_notice(connection: AsyncConnection, user_id: UUID, notice_id: UUID) -> AnyRow | None:
    """One of theirs. Index: the primary key, or idx_notices_user, whose second column it is."""
    query = select(*_NOTICE).where(Notice.id == notice_id, Notice.user_id == user_id)
    return (await connection.execute(query)).one_or_none()


async def mark_read(
    connection: AsyncConnection, user_id: UUID, notice_id: UUID, now: datetime
) -> None:
    """Mark one of theirs; one that is read already stays as it is. Index: the primary key."""
    await connection.execute(
        update(Notice)
        .where(Notice.id == notice_id, Notice.user_id == user_id, Notice.read_at.is_(None))
        .values(read_at=now)
    )


async def mark_read_up_to(
    connection: AsyncConnection, user_id: UUID, up_to: UUID | None, now: datetime
) -> int:
    """Mark all of theirs up to and with `up_to` (None: all). How many had not been.

    Index: idx_notices_user.
    """
    statement = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    if up_to is not None:
        statement = statement.where(Notice.id <= up_to)
    return (await connection.execute(statement.values(read_at=now))).rowcount
