"""What the spam score last said of people, and who is exempt from it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from fynix_server.tables.base import Table


class SpamAssessment(Table):
    """The last judgement of one person; or (`assessed_at` null) that they are exempt, or are
    being judged for the first time."""

    __tablename__ = "spam_assessments"
    __table_args__ = (
        Index("idx_spam_assessments_score", "score", "user_id"),
        Index("idx_spam_assessments_measure", "measure", "score", "user_id"),
        Index("idx_spam_assessments_exempt", "is_exempt", "score", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    score: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    measure: Mapped[str] = mapped_column(String(16), default="none", server_default="none")
    """What the score called for: none, slow_mode, hold, suspend."""
    withheld: Mapped[str | None] = mapped_column(String(16))
    """Why that was not done; null: it was, or there was nothing to do."""
    reasons: Mapped[str] = mapped_column(default="[]", server_default="[]")
    """JSON: the signals that gave points, in numbers and in our words, never in theirs."""
    assessed_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    """When an instance last set out to judge them: so no other does it as well."""
    is_exempt: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
