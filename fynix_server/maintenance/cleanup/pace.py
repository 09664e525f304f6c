"""How large the next batch may be, so that nobody waits long for the locks of one."""

import math
from collections import Counter
from dataclasses import dataclass, field

FIRST_BATCH = 40
LEAST_BATCH = 20
"""Below it what a transaction costs anyway is all of it, and making it smaller gains nothing."""
SLOW_SECONDS = 0.04
"""Less than half of what anybody may have to wait for: a busy machine adds to it."""
QUICK_SECONDS = 0.015
LEAST_PAUSE_SECONDS = 0.01


@dataclass
class Pace:
    """Grows while batches are quick, halves when one was slow, never past `largest` rows.

    `held_ms`: for how long batches held their locks, and how many of them so long.
    """

    largest: int
    size: int = 0
    held_ms: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.size = min(FIRST_BATCH, self.largest)

    def note(self, rows: int, held_seconds: float) -> None:
        """A batch of `rows` has held its locks for so long."""
        self.held_ms[math.ceil(1000 * held_seconds)] += 1
        if held_seconds > SLOW_SECONDS:
            self.size = min(self.largest, max(LEAST_BATCH, min(self.size, rows) // 2))
        elif held_seconds < QUICK_SECONDS and rows >= self.size:
            self.size = min(self.largest, self.size * 3 // 2)

    def held_at(self, share: float) -> int:
        """The milliseconds that this share of the batches did not pass."""
        left = share * self.held_ms.total()
        for milliseconds, count in sorted(self.held_ms.items()):
            left -= count
            if left <= 0:
                return milliseconds
        return 0


def pause_seconds(held_seconds: float) -> float:
    """As long as the locks were held: whoever waited has as much time for themselves."""
    return max(LEAST_PAUSE_SECONDS, held_seconds)
