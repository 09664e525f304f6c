"""The live events of one device: kept from the moment it connects, until somebody takes them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]
Predicate = Callable[[Frame], bool]


@dataclass
class Arrival:
    """A frame, and when it came (seconds of the monotonic clock)."""

    frame: Frame
    at: float = field(default_factory=time.monotonic)
    is_taken: bool = False


class FrameBuffer:
    """Everything that came, in order. Taking marks; nothing is forgotten, for the report."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._changed = asyncio.Event()
        self._first_left = 0

    def put(self, frame: Frame) -> Arrival:
        arrival = Arrival(frame)
        self.arrivals.append(arrival)
        self._changed.set()
        return arrival

    def left(self) -> Iterator[Arrival]:
        """What nobody has taken yet, oldest first."""
        while self._first_left < len(self.arrivals) and self.arrivals[self._first_left].is_taken:
            self._first_left += 1
        for index in range(self._first_left, len(self.arrivals)):
            if not self.arrivals[index].is_taken:
                yield self.arrivals[index]

    async def take(self, is_wanted: Predicate, count: int, within: float) -> list[Arrival]:
        """The first `count` that are wanted, taken; fewer, not taken, if `within` seconds pass."""
        found: list[Arrival] = []

        def look() -> bool:
            nonlocal found
            found = [it for it in self.left() if is_wanted(it.frame)][:count]
            return len(found) == count

        if await self.until(look, within):
            for arrival in found:
                arrival.is_taken = True
        return found

    async def until(self, holds: Callable[[], bool], within: float) -> bool:
        """Wait until something came that makes it so. False: it was not within the time."""
        deadline = asyncio.get_running_loop().time() + within
        while not holds():
            self._changed.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError:
                return holds()
        return True
