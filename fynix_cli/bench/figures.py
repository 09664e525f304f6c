"""What a benchmark found: latencies, rates and costs, by name."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

from fynix_cli.bench.server import BenchServer

BUSY = 0.9
"""Of a core: past it the generator of the load was itself what limited it."""
_LONGEST_MICROSECONDS = 600_000_000
_FIRST_BOUND_MICROSECONDS = 125


class Latencies:
    """How long things took, to three digits, from a microsecond to ten minutes."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _LONGEST_MICROSECONDS, 3)

    def __len__(self) -> int:
        return int(self._histogram.get_total_count())

    def note(self, seconds: float) -> None:
        self._histogram.record_value(max(1, min(int(seconds * 1e6), _LONGEST_MICROSECONDS)))

    def figures(self) -> dict[str, float]:
        """p50, p95, p99 and max, in milliseconds."""
        at = self._histogram.get_value_at_percentile
        figures = {f"p{percent}_ms": at(percent) / 1000 for percent in (50, 95, 99)}
        return figures | {"max_ms": self._histogram.get_max_value() / 1000}

    def shares(self) -> list[tuple[float, int]]:
        """How many took up to so many milliseconds, and longer than the bound before it."""
        steps = self._histogram.get_log_iterator(_FIRST_BOUND_MICROSECONDS, 2.0)
        return [(it.value_iterated_to / 1000, it.count_added_in_this_iter_step) for it in steps]


@dataclass
class Outcome:
    """What was measured. `figures`: by name, with the unit in the name."""

    bench: str
    parameters: dict[str, object]
    figures: dict[str, float] = field(default_factory=dict)
    latencies: Latencies | None = None
    generator_bound: bool = False


@dataclass
class Costs:
    """What a stretch of time cost, in seconds; filled when it is over."""

    wall_seconds: float = 0.0
    server_cpu_seconds: float = 0.0
    own_cpu_seconds: float = 0.0

    @property
    def is_generator_bound(self) -> bool:
        return self.own_cpu_seconds > BUSY * self.wall_seconds


@contextmanager
def costs_of(server: BenchServer) -> Iterator[Costs]:
    """Measure what happens inside the block."""
    costs = Costs()
    began, own, at_server = time.perf_counter(), time.process_time(), server.cpu_seconds()
    yield costs
    costs.wall_seconds = time.perf_counter() - began
    costs.own_cpu_seconds = time.process_time() - own
    costs.server_cpu_seconds = server.cpu_seconds() - at_server
