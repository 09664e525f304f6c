"""SQL of sessions and their refresh tokens. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import RefreshToken, Session, new_id


@dataclass(frozen=True)
class Login:
    """A session's row."""

    id: UUID
    user_id: UUID
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


_LOGIN = (
    Session.id,
    Session.user_id,
    Session.user_agent,
    Session.created_at,
    Session.last_used_at,
    Session.expires_at,
)


async def insert_session(
    connection: AsyncConnection,
    user_id: UUID,
    user_agent: str | None,
    now: datetime,
    expires_at: datetime,
) -> UUID:
    """Begin a session."""
    session_id = new_id()
    row = {
        "id": session_id,
        "user_id": user_id,
        "user_agent": user_agent,
        "created_at": now,
        "last_used_at": now,
        "expires_at": expires_at,
    }
    await connection.execute(insert(Session), row)
    return session_id


async def insert_refresh_token(
    connection: AsyncConnection, token_hash: str, session_id: UUID, now: datetime
) -> None:
    """Add the token that the next refresh of the session takes."""
    row = {"token_hash": token_hash, "session_id": session_id, "created_at": now}
    await connection.execute(insert(RefreshToken), row)


async def session_of_token(connection: AsyncConnection, token_hash: str) -> UUID | None:
    """Whose refresh token it is, used or not; None: it was never one. By primary key."""
    query = select(RefreshToken.session_id).where(RefreshToken.token_hash == token_hash)
    return await connection.scalar(query)


async def use_token(connection: AsyncConnection, token_hash: str, now: datetime) -> bool:
    """Mark the token used. False: it was before, also by somebody who did so just now.

    One statement, so that of two refreshes at once one wins: the other waits for the row.
    """
    statement = (
        update(RefreshToken)
        .where(RefreshToken.token_hash == token_hash, RefreshToken.used_at.is_(None))
        .values(used_at=now)
    )
    return (await connection.execute(statement)).rowcount == 1


async def prolong_session(
    connection: AsyncConnection, session_id: UUID, now: datetime, expires_at: datetime
) -> UUID | None:
    """Note a use of the session, and whose it is; None: it was revoked or has expired."""
    statement = (
        update(Session)
        .where(Session.id == session_id, Session.revoked_at.is_(None), Session.expires_at > now)
        .values(last_used_at=now, expires_at=expires_at)
        .returning(Session.user_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def revoke_session(
    connection: AsyncConnection, session_id: UUID, now: datetime, user_id: UUID | None = None
) -> UUID | None:
    """End a session, and tell whose it was. None: no such session, or not `user_id`'s, or ended."""
    statement = (
        update(Session)
        .where(Session.id == session_id, Session.revoked_at.is_(None), Session.expires_at > now)
        .values(revoked_at=now)
        .returning(Session.user_id)
    )
    if user_id is not None:
        statement = statement.where(Session.user_id == user_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def revoke_other_sessions(
    connection: AsyncConnection, user_id: UUID, kept_session_id: UUID, now: datetime
) -> Sequence[UUID]:
    """End all sessions of a person but one; the ids of those ended. Index: idx_sessions_user."""
    statement = (
        update(Session)
        .where(
            Session.user_id == user_id,
            Session.id != kept_session_id,
            Session.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(Session.id)
    )
    return (await connection.execute(statement)).scalars().all()


async def revoke_sessions(
    connection: AsyncConnection, user_id: UUID, now: datetime
) -> Sequence[UUID]:
    """End all sessions of a person that hold; the ids of those ended. Index: idx_sessions_user."""
    statement = (
        update(Session)
        .where(
            Session.user_id == user_id,
            Session.revoked_at.is_(None),
            Session.expires_at > now,
        )
        .values(revoked_at=now)
        .returning(Session.id)
    )
    return (await connection.execute(statement)).scalars().all()


async def live_sessions_by_age(
    connection: AsyncConnection, user_id: UUID, now: datetime, after: UUID | None, limit: int
) -> Sequence[Login]:
    """A person's sessions that hold and began before `after` (None: any), the latest begun first.

    Their ids are in the order in which they began. Index: idx_sessions_user.
    """
    query = select(*_LOGIN).where(
        Session.user_id == user_id, Session.revoked_at.is_(None), Session.expires_at > now
    )
    if after is not None:
        query = query.where(Session.id < after)
    rows = await connection.execute(query.order_by(Session.id.desc()).limit(limit))
    return [Login(*row) for row in rows]


async def live_sessions(
    connection: AsyncConnection, user_id: UUID, now: datetime, limit: int
) -> Sequence[Login]:
    """A person's sessions that hold, the latest used first. Index: idx_sessions_user."""
    query = (
        select(*_LOGIN)
        .where(
            Session.user_id == user_id,
            Session.revoked_at.is_(None),
            Session.expires_at > now,
        )
        .order_by(Session.last_used_at.desc(), Session.id.desc())
        .limit(limit)
    )
    return [Login(*row) for row in await connection.execute(query)]
