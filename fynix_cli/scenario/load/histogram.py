"""How long things took, in a histogram whose size does not grow with what it counts."""

import math
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Protocol

from fynix_cli.scenario.playing.latency import QUANTILES

LONGEST_MICROSECONDS = 600_000_000
_DIGITS = 3
_STEP = math.log(1.01)
_FIRST_BOUND_SECONDS = 0.000125


class Histogram(Protocol):
    """Counts durations, from a microsecond to ten minutes."""

    def __len__(self) -> int: ...

    def note(self, seconds: float) -> None: ...

    def quantile(self, share: float) -> float:
        """In seconds, what so large a share is not above; 1.0: the longest. There must be one."""

    def doublings(self) -> list[tuple[float, int]]:
        """How many took up to so many seconds, and longer than the half of it."""


def new_histogram() -> Histogram:
    """To three digits where hdrhistogram is installed (extra `bench`), else to one percent."""
    return _HdrHistogram() if find_spec("hdrh") is not None else PercentHistogram()


class PercentHistogram:
    """Counts in buckets of which each ends one percent after the one before."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._longest = 0.0

    def __len__(self) -> int:
        return self._counts.total()

    def note(self, seconds: float) -> None:
        self._counts[math.ceil(math.log(_microseconds(seconds)) / _STEP)] += 1
        self._longest = max(self._longest, seconds)

    def quantile(self, share: float) -> float:
        if share >= 1:
            return self._longest
        wanted, seen = math.ceil(share * len(self)), 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(math.exp(bucket * _STEP) / 1e6, self._longest)
        return self._longest

    def doublings(self) -> list[tuple[float, int]]:
        counts: Counter[int] = Counter()
        for bucket, count in self._counts.items():
            middle = math.exp((bucket - 0.5) * _STEP) / 1e6
            counts[max(0, math.ceil(math.log2(middle / _FIRST_BOUND_SECONDS)))] += count
        return _filled(counts)


class _HdrHistogram:
    def __init__(self) -> None:
        from hdrh.histogram import HdrHistogram

        self._counts = HdrHistogram(1, LONGEST_MICROSECONDS, _DIGITS)

    def __len__(self) -> int:
        return int(self._counts.get_total_count())

    def note(self, seconds: float) -> None:
        self._counts.record_value(_microseconds(seconds))

    def quantile(self, share: float) -> float:
        if share >= 1:
            return float(self._counts.get_max_value()) / 1e6
        return float(self._counts.get_value_at_percentile(share * 100)) / 1e6

    def doublings(self) -> list[tuple[float, int]]:
        counts: Counter[int] = Counter()
        for it in self._counts.get_recorded_iterator():
            seconds = it.value_iterated_to / 1e6
            number = max(0, math.ceil(math.log2(seconds / _FIRST_BOUND_SECONDS)))
            counts[number] += it.count_added_in_this_iter_step
        return _filled(counts)


def figures(histogram: Histogram) -> dict[str, float]:
    """Count, p50, p95, p99 and max, in milliseconds; the names are a contract."""
    at = {f"{name}_ms": histogram.quantile(share) * 1000 for name, share in QUANTILES.items()}
    return {"count": len(histogram), **{name: round(value, 3) for name, value in at.items()}}


def _microseconds(seconds: float) -> int:
    return max(1, min(int(seconds * 1e6), LONGEST_MICROSECONDS))


def _filled(counts: Counter[int]) -> list[tuple[float, int]]:
    """With the empty ones between the first and the last."""
    if not counts:
        return []
    numbers: Iterator[int] = iter(range(min(counts), max(counts) + 1))
    return [(_FIRST_BOUND_SECONDS * 2**number, counts[number]) for number in numbers]
