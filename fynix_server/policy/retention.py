"""Until when messages are shown: what is older is in no list, whether it is stored or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days messages are shown. None: for good.

    `days`: of the conversations that have a policy of their own, in place of the server's.
    """

    server_days: int | None = None
    days: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Retention at one moment."""

    retention: Retention
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether nothing expires anywhere."""
        return self.retention.server_days is None and not self.retention.days

    def of(self, conversation_id: UUID) -> datetime | None:
        """What was sent there before this is shown no more. None: everything is shown."""
        days = self.retention.days.get(conversation_id, self.retention.server_days)
        return None if days is None else self.now - timedelta(days=days)

    def hides(self, conversation_id: UUID, sent_at: datetime) -> bool:
        """Whether a message that was sent there then is shown no more."""
        cutoff = self.of(conversation_id)
        return cutoff is not None and sent_at < cutoff


def shows_all(now: datetime) -> Horizon:
    """Where no policy is known of."""
    return Horizon(Retention(), now)
