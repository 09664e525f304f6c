"""The audit log: what was done by whoever had the power to, in an order that cannot be changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table


class AuditEntry(Table):
    """One act, or one attempt at it. Never changed, but for `details`, which erasing may remove.

    `hash` covers everything but `details` and `details_salt`, of which it covers the digest:
    so an entry without its details still proves its place (docs/decisions/0035-audit-log.md).
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("idx_audit_log_target", "target_id", "seq"),
        Index("idx_audit_log_actor", "actor_id", "seq"),
        Index("idx_audit_log_action", "action", "seq"),
        Index("idx_audit_log_at", "at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 1, without a hole."""
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(8))
    """`user`: through the API. `host`: at the machine, by its name there. `server`: by itself."""
    actor_id: Mapped[str] = mapped_column(String(100))
    """A user's id, or `name@machine`."""
    action: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(8))
    """`done` or `refused`."""
    target_kind: Mapped[str | None] = mapped_column(String(16))
    target_id: Mapped[str | None] = mapped_column(String(100))
    request_id: Mapped[UUID | None]
    details: Mapped[str | None] = mapped_column(Text)
    """JSON: `before`, `after`, `reason`. None: erased, since it was about an erased person."""
    details_salt: Mapped[str | None] = mapped_column(String(32))
    details_digest: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Table):
    """Where the log ends: its one row is locked by whoever writes the next entry."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
