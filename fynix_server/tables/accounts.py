"""People and their logins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    or_,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table, created, new_id


class User(Table):
    """A person. Never deleted (other people's history names them); erasing anonymises."""

    __tablename__ = "users"
    __table_args__ = (
        Index("idx_users_role", "role", "username"),
        Index("idx_users_status", "status", "username"),
        Index("idx_users_status_changed_at", "status_changed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(
        String(32).with_variant(String(32, collation="C"), "postgresql"), unique=True
    )
    """Lower case, so that plain uniqueness is uniqueness regardless of case. By code point on
    both databases, so that pages agree and a search for a beginning can use the index."""
    display_name: Mapped[str] = mapped_column(String(100))
    avatar_url: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16), default="user", server_default="user")
    status: Mapped[str] = mapped_column(String(16), default="active", server_default="active")
    """active, suspended, banned, erased."""
    status_until: Mapped[datetime | None]
    """When a suspension ends by itself. None: not by itself."""
    status_changed_at: Mapped[datetime | None]
    accepts_new_dms: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    """Whether somebody new may begin a direct conversation with them."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()


def is_active_at(now: datetime) -> ColumnElement[bool]:
    """Whether the account may be used. A suspension that is over leaves its row as it was."""
    is_over = and_(User.status == "suspended", User.status_until <= now)
    return or_(User.status == "active", is_over)


class Session(Table):
    """A login. Its id is the `sid` of the access tokens made from it."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("idx_sessions_user", "user_id", "revoked_at"),
        Index("idx_sessions_revoked_at", "revoked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = created()
    last_used_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Table):
    """A refresh token, hashed. Used ones stay until the session goes: seeing one again is theft."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = created()
    used_at: Mapped[datetime | None]
