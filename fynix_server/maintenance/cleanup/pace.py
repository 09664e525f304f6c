"""How large the next batch may be, so that nobody waits long for the locks of one."""

import math
from collections import Counter
from dataclasses import dataclass, field

FIRST_BATCH = 20
LEAST_BATCH = 10
"""Below it what a transaction costs anyway is all of it, and making it smaller gains nothing."""
SLOW_SECONDS = 0.04
"""Less than half of what anybody may have to wait for: a busy machine adds to it."""
QUICK_SECONDS = 0.015
QUICK_ONES = 4
"""So many in a row: one may have been lucky."""
GIVE_UP_SECONDS = 0.06
"""What the batch is at then, and taking it back, come on top."""
TRIES = 2
"""Then the least batch is done however long it takes: a slow disk must not stop all cleaning up."""
LEAST_PAUSE_SECONDS = 0.01


@dataclass
class Pace:
    """Grows while batches are quick, halves when one was slow, never past `largest` rows.

    `give_up_seconds`: after how long a batch is taken back.
    `held_ms`: for how long batches held their locks, and how many of them so long.
    """

    largest: int
    give_up_seconds: float = GIVE_UP_SECONDS
    size: int = 0
    held_ms: Counter[int] = field(default_factory=Counter)
    quick_ones: int = 0
    taken_back: int = 0

    def __post_init__(self) -> None:
        self.size = min(FIRST_BATCH, self.largest)

    def note(self, rows: int, held_seconds: float, *, is_kept: bool = True) -> None:
        """A batch of `rows` has held its locks for so long, and was done or taken back."""
        self.taken_back = 0 if is_kept else self.taken_back + 1
        self.held_ms[math.ceil(1000 * held_seconds)] += 1
        is_quick = is_kept and held_seconds < QUICK_SECONDS and rows >= self.size
        self.quick_ones = self.quick_ones + 1 if is_quick else 0
        if held_seconds > SLOW_SECONDS or not is_kept:
            self.size = min(self.largest, max(LEAST_BATCH, min(self.size, rows) // 2))
        elif self.quick_ones == QUICK_ONES:
            self.quick_ones = 0
            self.size = min(self.largest, self.size * 3 // 2)

    def patience_seconds(self, rows: int) -> float:
        """After how long a batch of `rows` is to be taken back."""
        is_last_try = rows <= LEAST_BATCH and self.taken_back >= TRIES
        return math.inf if is_last_try else self.give_up_seconds

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
