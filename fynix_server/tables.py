"""The whole schema. Alembic makes it (`migrations/`); a test says that both agree.

Declarative classes describe the tables; queries run as SQLAlchemy Core on a connection, so
no ORM session stands on any path (docs/decisions/0002-core-not-orm.md).
"""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def new_id() -> UUID:
    """A UUIDv7: unique, and close to the ids made around the same time, which indexes like."""
    return uuid_utils.compat.uuid7()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """Where the tables register. Constraints have fixed names, for migrations to use."""

    metadata = MetaData(
        naming_convention={
            "ix": "idx_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), UUID: Uuid(), str: Text()}


def _created() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


class User(Table):
    """A person. Never deleted (other people's history names them); erasing anonymises."""

    __tablename__ = "users"

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
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _created()


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
    created_at: Mapped[datetime] = _created()
    last_used_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Table):
    """A refresh token, hashed. Used ones stay until the session goes: seeing one again is theft."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = _created()
    used_at: Mapped[datetime | None]


class Conversation(Table):
    """Two people (`dm_key` set), or a group. `last_seq`: the counter of its messages and events."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("idx_conversations_last_message_at", "last_message_at"),
        Index("idx_conversations_updated_at", "updated_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    is_group: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    name: Mapped[str | None] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _created()
    """Moves with every number of the counter: what the reconciler looks for."""
    last_message_at: Mapped[datetime | None]
    dm_key: Mapped[str | None] = mapped_column(String(73), unique=True)
    """Both ids, sorted, with a colon: two racing creates meet here and give one conversation."""
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    message_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """Messages that are not deleted: `total`, without counting rows."""
    members_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Moves with every joining and leaving; a cache of the members holds while it stands."""


class ConversationParticipant(Table):
    """Who is, or was, in a conversation, and up to where they have read it."""

    __tablename__ = "conversation_participants"
    __table_args__ = (
        Index("idx_participants_user_active", "user_id", "is_active", "conversation_id"),
    )

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    joined_at: Mapped[datetime] = _created()
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    last_read_message_id: Mapped[UUID | None]
    role: Mapped[str] = mapped_column(String(16), default="member", server_default="member")
    last_read_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """Only moves forward. Unread is derived from it, never counted up."""
    joined_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """The number of their joining: they read nothing before it."""
    left_seq: Mapped[int | None] = mapped_column(BigInteger)
    """The number of their leaving: the last thing they were told."""
    left_at: Mapped[datetime | None]
    muted_until: Mapped[datetime | None]


class Message(Table):
    """A message. Deleted ones stay, for moderation, and are left out of every list."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("sender_id", "conversation_id", "client_message_id"),
        Index("idx_messages_conversation_created", "conversation_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    content: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(50), default="text", server_default="text")
    is_deleted: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime] = _created()
    """For people to see; the order is `seq`."""
    updated_at: Mapped[datetime] = _created()
    seq: Mapped[int] = mapped_column(BigInteger)
    client_message_id: Mapped[str | None] = mapped_column(String(64))
    edited_at: Mapped[datetime | None]
    sent_digest: Mapped[str | None] = mapped_column(String(32))
    """Of the text that an edit has replaced: messages/retries.py compares retries with it."""


class MessageReceipt(Table):
    """When somebody said that they had read a message. Who has read it at all: the read markers."""

    __tablename__ = "message_receipts"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    read_at: Mapped[datetime] = _created()


class ConversationEvent(Table):
    """What happened in a conversation besides messages; on their counter, which has no holes."""

    __tablename__ = "conversation_events"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    """The `type` of the frame that announces it."""
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    message_id: Mapped[UUID | None]
    payload: Mapped[str] = mapped_column(default="{}", server_default="{}")
    """The frame's own fields as JSON, without `type`, `conversation_id` and `seq`."""
    created_at: Mapped[datetime] = _created()


AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
"""For functions that take or give rows of a list of columns that another module names."""

TABLES: tuple[Any, ...] = tuple(Table.metadata.sorted_tables)
