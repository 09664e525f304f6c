"""How long things are kept: policies, legal holds, and what cleaning up has taken away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table, created, new_id


class RetentionPolicy(Table):
    """For how many days messages are shown, and kept at all."""

    __tablename__ = "retention_policies"

    scope: Mapped[str] = mapped_column(String(36), primary_key=True)
    """`server`, or the id of a conversation, which then has its own in the server's place."""
    conversation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), unique=True
    )
    """Null: the server's."""
    days: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = created()


class LegalHold(Table):
    """What a person wrote, or what was said in a conversation, must stay stored."""

    __tablename__ = "legal_holds"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """user, conversation."""
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    set_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = created()


class PurgedNumbers(Table):
    """Numbers of a conversation whose rows were cleaned up: from `first_seq` to `last_seq`.

    Neighbours of a kind are one row. By the last number, so that those past a cursor are one
    range of the key (docs/decisions/0041-numbers-outlive-their-rows.md).
    """

    __tablename__ = "purged_numbers"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    last_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    is_event: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Of events, which somebody who has been away since before them must be told of otherwise."""


class CleanupRun(Table):
    """One cleaning up: what it was asked for, how far it has come, what it has removed."""

    __tablename__ = "cleanup_runs"
    __table_args__ = (Index("idx_cleanup_runs_unfinished", "subject", "finished_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(16))
    """messages, sessions, receipts, events, audit."""
    options: Mapped[str] = mapped_column(default="{}", server_default="{}")
    """JSON: as they were given; only a run of the same is gone on with."""
    cutoffs: Mapped[str] = mapped_column(default="{}", server_default="{}")
    """JSON: moments by name, as they were when it began."""
    position: Mapped[str] = mapped_column(default="[]", server_default="[]")
    """JSON: the key of the last row looked at."""
    removed: Mapped[str] = mapped_column(default="{}", server_default="{}")
    """JSON: rows by table."""
    batches: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """Moves with every batch: of two processes on one run the slower finds it moved, and stops."""
    started_by: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()
    finished_at: Mapped[datetime | None]
