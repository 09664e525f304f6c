"""The past of one number, in as many columns as there is room for."""

from collections import deque
from itertools import groupby
from math import ceil

KEPT = 3600


class Past:
    """Values as they came, one an interval. What is missing counts as nothing."""

    def __init__(self) -> None:
        self._values: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, value: float | None) -> None:
        self._values.append((self._count, value or 0.0))
        self._count += 1

    def columns(self, width: int, at_least: int) -> list[float]:
        """`width` values, the newest last, which cover the last `at_least` values or more.

        Each column is the greatest of as many values. A value stays in the same company for as
        long as it is shown, so that peaks move and do not flicker.
        """
        if width < 1:
            return []
        size = max(1, ceil(at_least / width))
        groups = groupby(self._values, lambda it: it[0] // size)
        heights = [max(value for _, value in group) for _, group in groups][-width:]
        return [0.0] * (width - len(heights)) + heights
