"""What has been erased: a journal of ids, counts and hashes, without a word of what it was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table, created, new_id


class Erasure(Table):
    """Somebody's erasure, begun or finished. Says how far it has come, so that it can go on."""

    __tablename__ = "erasures"
    __table_args__ = (Index("idx_erasures_finished_at", "finished_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    actor_kind: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[str] = mapped_column(String(100))
    audit_seq: Mapped[int] = mapped_column(BigInteger)
    begun_at: Mapped[datetime] = created()
    at_conversation_id: Mapped[UUID | None]
    """The conversation that it has come to; those with lesser ids are done."""
    at_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """Up to this number of that conversation all is done."""
    counts: Mapped[str] = mapped_column(default="{}", server_default="{}")
    """JSON: rows by table, moved in the transaction that changes them."""
    finished_at: Mapped[datetime | None]
    certificate: Mapped[str | None]
    """JSON, as it was handed out."""
    certificate_hash: Mapped[str | None] = mapped_column(String(64))
