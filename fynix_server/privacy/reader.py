"""Which messages of a conversation are in somebody's export."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from fynix_server.tables import Message


class Reader(NamedTuple):
    """What somebody may read by others in a conversation: from which number on (None: nothing),
    and what was sent since when (None: ever)."""

    user_id: UUID
    from_seq: int | None
    since: datetime | None

    @property
    def may_see(self) -> ColumnElement[bool]:
        """All that they wrote themselves, and of others what is shown to them now."""
        is_own: ColumnElement[bool] = Message.sender_id == self.user_id
        if self.from_seq is None:
            return is_own
        is_shown = [
            Message.seq >= self.from_seq,
            Message.is_deleted.is_(False),
            Message.hidden_because.is_(None),
        ]
        if self.since is not None:
            is_shown.append(Message.created_at >= self.since)
        return or_(is_own, and_(*is_shown))
