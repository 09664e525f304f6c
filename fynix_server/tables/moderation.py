"""What moderators work with: blocks, reports, restrictions, rules, what is held for review."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table, created, new_id


class Block(Table):
    """`blocker_id` wants nothing from `blocked_id`."""

    __tablename__ = "blocks"
    __table_args__ = (
        Index("idx_blocks_blocked", "blocked_id", "blocker_id"),
        Index("idx_blocks_created_at", "created_at"),
    )

    blocker_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    blocked_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = created()


class SeveredReading(Table):
    """How far `reader_id` had read when a block came between them and `viewer_id`, who sees no
    further. Where there is none they have met there since, and nothing is seen."""

    __tablename__ = "severed_readings"
    __table_args__ = (Index("idx_severed_readings_reader", "reader_id", "viewer_id"),)

    viewer_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    reader_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    read_seq: Mapped[int] = mapped_column(BigInteger)
    read_message_id: Mapped[UUID | None]


class Report(Table):
    """A case: what somebody says that somebody has done, and what became of it."""

    __tablename__ = "reports"
    __table_args__ = (
        # A reporter has one open case for each target.
        Index(
            "uq_reports_open",
            "reporter_id",
            "target_key",
            unique=True,
            sqlite_where=text("status IN ('open', 'assigned')"),
            postgresql_where=text("status IN ('open', 'assigned')"),
        ),
        Index("idx_reports_status", "status", "id"),
        Index("idx_reports_target_user", "target_user_id", "id"),
        Index("idx_reports_target_status", "target_user_id", "status", "id"),
        Index("idx_reports_reporter", "reporter_id", "id"),
        Index("idx_reports_assigned_to", "assigned_to", "status", "id"),
        Index("idx_reports_conversation", "conversation_id", "id"),
        Index("idx_reports_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reporter_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    target_key: Mapped[str] = mapped_column(String(45))
    """`message:` or `user:` and the id."""
    target_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Whom it is about: of a message its sender."""
    message_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    """Where: of a message its conversation. It may be read by moderators (moderation/content)."""
    reason: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="open", server_default="open")
    """open, assigned, actioned, dismissed."""
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    outcome: Mapped[str | None] = mapped_column(Text)
    """What the reporter is told."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()
    closed_at: Mapped[datetime | None]


class ReportEvidence(Table):
    """A message as it stood when it, or one near it, was reported. No reference: it outlives it."""

    __tablename__ = "report_evidence"
    __table_args__ = (Index("idx_report_evidence_sender", "sender_id"),)

    report_id: Mapped[UUID] = mapped_column(
        ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True
    )
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    sender_id: Mapped[UUID]
    content: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    is_deleted: Mapped[bool] = mapped_column(Boolean)


class Restriction(Table):
    """What somebody may not do for a while, or (`until` null) until it is lifted.

    Suspensions and bans are not here: they are the person's `status`, which every request reads.
    """

    __tablename__ = "restrictions"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """muted, shadow_limited, held."""
    until: Mapped[datetime | None]
    set_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = created()


class Notice(Table):
    """Something that the server has to tell one person: a warning, what became of a report."""

    __tablename__ = "notices"
    __table_args__ = (Index("idx_notices_user", "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """warning, restriction, report_outcome."""
    detail: Mapped[str]
    created_at: Mapped[datetime] = created()
    read_at: Mapped[datetime | None]


class ContentRule(Table):
    """A rule of the content filter; `policy/content_filter/` says what each kind means."""

    __tablename__ = "content_rules"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    pattern: Mapped[str]
    verdict: Mapped[str] = mapped_column(String(8))
    is_shadow: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    """It only counts what it would have done."""
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    hits: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    last_hit_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()


class HeldMessage(Table):
    """A message that only its sender sees until a moderator has looked at it."""

    __tablename__ = "held_messages"
    __table_args__ = (
        Index("idx_held_messages_status", "status", "message_id"),
        Index("idx_held_messages_sender", "sender_id", "status", "message_id"),
        Index("idx_held_messages_released_as", "released_as", unique=True),
    )

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(String(16))
    """filter, restriction."""
    rules: Mapped[str] = mapped_column(default="[]", server_default="[]")
    """JSON: the names of the rules that matched."""
    status: Mapped[str] = mapped_column(String(16), default="waiting", server_default="waiting")
    """waiting, released, rejected, withdrawn (its sender has deleted it)."""
    created_at: Mapped[datetime] = created()
    decided_at: Mapped[datetime | None]
    released_as: Mapped[UUID | None]
    """The message that everybody sees: a new one, at the end. No reference: it may go."""


class LimitOverride(Table):
    """Another rate limit for one person. Both counts null: no limit at all."""

    __tablename__ = "limit_overrides"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    bucket: Mapped[str] = mapped_column(String(16), primary_key=True)
    max_count: Mapped[int | None] = mapped_column(Integer)
    window_seconds: Mapped[int | None] = mapped_column(Integer)
    until: Mapped[datetime | None]
    set_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = created()


class PolicyState(Table):
    """One row. Its `version` moves with every change that instances keep in memory."""

    __tablename__ = "policy_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
