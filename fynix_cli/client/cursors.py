"""Where somebody stands in each of their conversations: the last number that was given out."""

import time
from collections.abc import Callable, Mapping
from uuid import UUID

KEEP_EVERY_SECONDS = 0.25
"""Under load, so much may be given out a second time after a kill -9."""

Keep = Callable[[Mapping[UUID, int]], None]


class Cursors:
    """The cursors of one person, and `keep`, which stores them outside the process.

    `names_all`: a conversation that `known` does not name began afterwards, so all of it is
    news. Otherwise it is merely not known yet where it stands, and it begins now.
    """

    def __init__(
        self,
        known: Mapping[UUID, int] | None = None,
        keep: Keep | None = None,
        *,
        names_all: bool = True,
    ) -> None:
        self.names_all = known is not None and names_all
        self.are_kept = keep is None
        self._seqs = dict(known or {})
        self._keep = keep
        self._kept_at = -KEEP_EVERY_SECONDS

    def __contains__(self, conversation_id: UUID) -> bool:
        return conversation_id in self._seqs

    def at(self, conversation_id: UUID) -> int:
        """0: nothing of it was given out."""
        return self._seqs.get(conversation_id, 0)

    def parts(self, size: int) -> list[dict[UUID, int]]:
        """All of them, in parts of at most `size`."""
        items = list(self._seqs.items())
        return [dict(items[start : start + size]) for start in range(0, len(items), size)]

    def move(self, conversation_id: UUID, seq: int) -> None:
        """Everything up to `seq` was given out. Never moves back."""
        if seq > self.at(conversation_id):
            self._set(conversation_id, seq)

    def go_back(self, conversation_id: UUID, seq: int) -> None:
        """The conversation ends earlier than it did: the server was restored from a backup."""
        self._set(conversation_id, seq)

    def begin(self, standing: Mapping[UUID, int]) -> None:
        """Begin what is not named yet at where it stands now. From here on all are named."""
        self._seqs = dict(standing) | self._seqs
        self.names_all = True
        self.are_kept = self._keep is None
        self.keep()

    @property
    def seconds_until_due(self) -> float:
        """How long until they may be kept again; 0: now."""
        return max(0.0, self._kept_at + KEEP_EVERY_SECONDS - time.monotonic())

    def keep(self) -> None:
        """Store them now, unless that was done since they last moved."""
        # Before all are named they would say of the others that these have just begun.
        if self._keep is not None and self.names_all and not self.are_kept:
            self._keep(self._seqs)
            self.are_kept = True
            self._kept_at = time.monotonic()

    def _set(self, conversation_id: UUID, seq: int) -> None:
        self._seqs[conversation_id] = seq
        self.are_kept = self._keep is None
        if not self.are_kept and self.seconds_until_due == 0:
            self.keep()
