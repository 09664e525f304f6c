"""Which sessions were alive a moment ago, so that a request costs no query."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# How long a revocation may go unnoticed where its control event was lost. Usually it is at once.
TRUSTED_FOR_SECONDS = 5.0
_CACHED_SESSIONS = 20_000


@dataclass(frozen=True)
class SessionState:
    """A session as the database had it, and whose it is."""

    user_id: UUID
    username: str
    role: str
    status: str
    status_until: datetime | None
    expires_at: datetime
    is_revoked: bool


class SessionCache:
    """Sessions read in the last 5 s; the least recently used leave when it is full."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._entries: OrderedDict[UUID, tuple[SessionState, float]] = OrderedDict()
        self.generation = 0
        """Moves with every `forget`. Take it before the query whose result you `put`."""

    def get(self, session_id: UUID) -> SessionState | None:
        """What was read of it; None if that was never, or too long ago."""
        entry = self._entries.get(session_id)
        if entry is None:
            return None
        state, read_at = entry
        if self._monotonic() - read_at >= TRUSTED_FOR_SECONDS:
            del self._entries[session_id]
            return None
        self._entries.move_to_end(session_id)
        return state

    def put(self, session_id: UUID, state: SessionState, generation: int) -> None:
        """Remember `state`, unless something was forgotten since `generation`.

        A query may have begun before a revocation and end after it. Its result is old news, and
        would bring the session back to life for 5 s.
        """
        if generation != self.generation:
            return
        self._entries[session_id] = (state, self._monotonic())
        self._entries.move_to_end(session_id)
        if len(self._entries) > _CACHED_SESSIONS:
            self._entries.popitem(last=False)

    def forget(self, session_id: UUID) -> None:
        """The session was revoked or changed: the next request asks the database."""
        self.generation += 1
        self._entries.pop(session_id, None)

    def forget_user(self, user_id: UUID) -> None:
        """Their status or role has changed. Looks through all entries, for what is done rarely."""
        self.generation += 1
        for session_id in [id_ for id_, (it, _) in self._entries.items() if it.user_id == user_id]:
            del self._entries[session_id]
