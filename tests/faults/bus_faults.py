"""A Redis line on which published events are dropped, doubled and swapped.

Reads just enough of the Redis protocol (RESP2 and RESP3) to tell whole replies apart.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

_EVENT_STARTS = (b"*3\r\n$7\r\nmessage\r\n", b">3\r\n$7\r\nmessage\r\n")
_END = b"\r\n"
_LENGTHS = (b"$", b"!", b"=")
_PARTS = {b"*": 1, b">": 1, b"~": 1, b"%": 2}
"""Kinds that hold others, and how many for each that they count."""


@dataclass
class BusFaults:
    """How often an event is dropped, doubled, or held back until after the next (0 to 1)."""

    random: random.Random
    drop: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: {"drop": 0, "double": 0, "swap": 0})

    def heal(self) -> None:
        self.drop = self.double = self.swap = 0.0

    def line(self) -> "BusLine":
        """A tamper for one connection to Redis."""
        return BusLine(self)

    def happens(self, kind: str) -> bool:
        is_it = self.random.random() < float(getattr(self, kind))
        self.counts[kind] += is_it
        return is_it


class BusLine:
    """What Redis says on one connection: replies pass, events suffer."""

    def __init__(self, faults: BusFaults) -> None:
        self._faults = faults
        self._unread = b""
        self._held = b""

    def __call__(self, chunk: bytes, /) -> bytes:
        self._unread += chunk
        return b"".join(self._passed(reply) for reply in self._whole_replies())

    def _passed(self, reply: bytes) -> bytes:
        if not reply.startswith(_EVENT_STARTS):
            return reply
        held, self._held = self._held, b""
        if self._faults.happens("drop"):
            return held
        if not held and self._faults.happens("swap"):
            self._held = reply  # until the next event; that may be never, which is a loss
            return b""
        if self._faults.happens("double"):
            return reply + reply + held
        return reply + held

    def _whole_replies(self) -> Iterator[bytes]:
        while self._unread:
            end = _end_of_reply(self._unread, 0)
            if end is None:
                return
            reply, self._unread = self._unread[:end], self._unread[end:]
            yield reply


def _end_of_reply(data: bytes, start: int) -> int | None:
    """Where the reply that begins at `start` ends; None: the rest of it has not come yet."""
    line_end = data.find(_END, start)
    if line_end < 0:
        return None
    kind, after = data[start : start + 1], line_end + len(_END)
    if kind in _LENGTHS:
        length = int(data[start + 1 : line_end])
        after = after + length + len(_END) if length >= 0 else after
        return after if after <= len(data) else None
    if kind in _PARTS:
        position: int | None = after
        for _ in range(max(0, int(data[start + 1 : line_end])) * _PARTS[kind]):
            position = _end_of_reply(data, position) if position is not None else None
        return position
    return after
