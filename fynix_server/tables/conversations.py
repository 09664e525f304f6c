"""Conversations: who is in them, what was said, and what else happened."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table, created, new_id


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
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()
    """Moves with every number of the counter: what the reconciler looks for."""
    last_message_at: Mapped[datetime | None]
    dm_key: Mapped[str | None] = mapped_column(String(73), unique=True)
    """Both ids, sorted, with a colon: two racing creates meet here and give one conversation."""
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    message_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """Messages that are not deleted: `total`, without counting rows."""
    members_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Moves with every joining and leaving, and with whatever else decides who may write there
    (blocks, freezing); a cache of the members holds while it stands."""
    frozen_at: Mapped[datetime | None]
    """Since when nobody may write in it."""


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
    joined_at: Mapped[datetime] = created()
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
        # Few are hidden, so that asking for them costs next to nothing.
        Index(
            "idx_messages_hidden",
            "conversation_id",
            "seq",
            sqlite_where=text("hidden_because IS NOT NULL"),
            postgresql_where=text("hidden_because IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    content: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(50), default="text", server_default="text")
    is_deleted: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime] = created()
    """For people to see; the order is `seq`."""
    updated_at: Mapped[datetime] = created()
    seq: Mapped[int] = mapped_column(BigInteger)
    client_message_id: Mapped[str | None] = mapped_column(String(64))
    edited_at: Mapped[datetime | None]
    sent_digest: Mapped[str | None] = mapped_column(String(32))
    """Of the text that an edit, or a mask, has replaced: messages/retries.py compares retries
    with it."""
    hidden_because: Mapped[str | None] = mapped_column(String(8))
    """Only its sender sees it: `held` for review, or `shadow` (a shadow limit). Not in
    `message_count`."""
    deleted_by: Mapped[UUID | None]
    """Who deleted it: only what a moderator deleted can be restored."""


class MessageReceipt(Table):
    """When somebody said that they had read a message. Who has read it at all: the read markers."""

    __tablename__ = "message_receipts"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    read_at: Mapped[datetime] = created()


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
    created_at: Mapped[datetime] = created()
