"""How far each participant of a conversation has read, so far as it was told."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID


class ReadMarks:
    """Markers name a message by its id; they count from when that message's number is known."""

    def __init__(self) -> None:
        self._seqs: dict[UUID, int] = {}
        self._unresolved: defaultdict[UUID, set[UUID]] = defaultdict(set)

    def move(self, user_id: UUID, seq: int) -> None:
        """`user_id` has read everything up to `seq`. Never moves back."""
        self._seqs[user_id] = max(seq, self._seqs.get(user_id, 0))

    def move_to(self, user_id: UUID, message_id: UUID, known: Mapping[UUID, int]) -> None:
        """The same up to a message; `known`: the numbers of those that are."""
        if message_id in known:
            self.move(user_id, known[message_id])
        else:
            self._unresolved[message_id].add(user_id)

    def resolve(self, message_id: UUID, seq: int) -> None:
        """The message has this number."""
        for user_id in self._unresolved.pop(message_id, ()):
            self.move(user_id, seq)

    def readers_of(self, seq: int) -> set[UUID]:
        return {user_id for user_id, read in self._seqs.items() if read >= seq}

    def at(self, user_id: UUID) -> int:
        """0: nothing is known to be read."""
        return self._seqs.get(user_id, 0)
