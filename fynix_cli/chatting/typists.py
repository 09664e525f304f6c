"""Who is typing: the others, until they stop or fall silent, and oneself, as it is to be told."""

from uuid import UUID

SILENT_AFTER_SECONDS = 7.0
"""The server ends it after 6 s; this is for when its word gets lost."""
TELL_EVERY_SECONDS = 3.0
IDLE_SECONDS = 5.0


class Typists:
    """Who of the others is typing where. Times are in seconds of one steady clock."""

    def __init__(self) -> None:
        self._until: dict[tuple[UUID, UUID], float] = {}

    def note(self, conversation_id: UUID, user_id: UUID, is_typing: bool, now: float) -> None:
        if is_typing:
            self._until[conversation_id, user_id] = now + SILENT_AFTER_SECONDS
        else:
            self._until.pop((conversation_id, user_id), None)

    def of(self, conversation_id: UUID, now: float) -> list[UUID]:
        """Those who type there at `now`, who began first first."""
        self._until = {who: until for who, until in self._until.items() if until > now}
        return [user_id for place, user_id in self._until if place == conversation_id]


class OwnTyping:
    """What to tell the others of one's own typing, and when."""

    def __init__(self) -> None:
        self._told_at: float | None = None
        self._typed_at = 0.0

    def typed(self, has_text: bool, now: float) -> bool | None:
        """The input has changed. True, False: tell that one is typing, or not; None: nothing."""
        self._typed_at = now
        if not has_text:
            return self.stopped()
        if self._told_at is not None and now - self._told_at < TELL_EVERY_SECONDS:
            return None
        self._told_at = now
        return True

    def idle(self, now: float) -> bool | None:
        """Some time has passed; the same answer."""
        return self.stopped() if now - self._typed_at >= IDLE_SECONDS else None

    def stopped(self) -> bool | None:
        """Typing is over; the same answer."""
        was_told, self._told_at = self._told_at is not None, None
        return False if was_told else None

    def sent(self) -> None:
        """A message was sent, which says by itself that typing is over."""
        self._told_at = None
