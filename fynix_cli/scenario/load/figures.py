"""The figures of a load: what is shown, and what is written into its JSON report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fynix_cli.scenario.load.histogram import Histogram, figures
from fynix_cli.scenario.load.tally import Tally
from fynix_cli.scenario.model.document import LatencyThreshold
from fynix_cli.scenario.playing.latency import later_than_wanted

FORMAT = 1
BUSY = 0.9
"""Of a core: past it this end was itself what limited the load."""
BAR_WIDTH = 40
DELIVERY = "new_message"


@dataclass(frozen=True)
class LoadResult:
    """What a load came to. `users`: how many began; `missed`: thresholds, and too many failures,
    in words; `own_cpu_share`: of a core, what this process used."""

    title: str
    stack: str
    users: int
    seed: int
    tally: Tally
    missed: tuple[str, ...]
    own_cpu_share: float
    is_interrupted: bool

    @property
    def is_generator_bound(self) -> bool:
        return self.own_cpu_share > BUSY

    def rate(self, count: int) -> float:
        """So many a second."""
        return count / self.tally.seconds if self.tally.seconds else 0.0


def judged(tally: Tally, wanted: LatencyThreshold | None, max_failures: float) -> tuple[str, ...]:
    """What is not as it should be, in words."""
    missed: tuple[str, ...] = ()
    if tally.failed_share > max_failures:
        share, allowed = f"{tally.failed_share:.1%}", f"{max_failures:.1%}"
        missed += (
            f"{tally.failed} of {tally.iterations} iterations failed: {share}, {allowed} may",
        )
    if wanted is None:
        return missed
    measured = tally.events.get(wanted.event)
    if measured is None:
        return (*missed, f"latency: no {wanted.event} came of what was sent here")
    return (*missed, *later_than_wanted(wanted, measured.quantile))


def as_json(result: LoadResult) -> dict[str, Any]:
    """The names of the fields are a contract."""
    tally = result.tally
    return {
        "fynix_load": FORMAT,
        "scenario": result.title,
        "stack": result.stack,
        "users": result.users,
        "seed": result.seed,
        "seconds": round(tally.seconds, 3),
        "is_interrupted": result.is_interrupted,
        "iterations": tally.iterations,
        "failed_iterations": tally.failed,
        "cut_short": tally.cut_short,
        "steps_per_second": round(result.rate(tally.steps), 1),
        "messages_per_second": round(result.rate(tally.messages), 1),
        "deliveries_per_second": round(result.rate(tally.deliveries), 1),
        "failures": dict(tally.failures.most_common()),
        "statuses": {str(it): tally.statuses[it] for it in sorted(tally.statuses)},
        "iteration": figures(tally.iteration) if len(tally.iteration) else None,
        "events": _each(tally.events),
        "requests": _each(tally.requests),
        "missed": list(result.missed),
        "own_cpu_share": round(result.own_cpu_share, 2),
    }


def _each(histograms: Mapping[str, Histogram]) -> dict[str, dict[str, float]]:
    return {name: figures(histograms[name]) for name in sorted(histograms)}


def counts(result: LoadResult) -> Iterator[tuple[str, str]]:
    """The figures that are one number each, with their names."""
    tally = result.tally
    yield "users", str(result.users)
    yield "seconds", f"{tally.seconds:.1f}"
    yield "iterations", f"{tally.iterations} ({tally.failed} failed, {tally.cut_short} cut short)"
    yield "steps a second", f"{result.rate(tally.steps):.1f}"
    yield "messages a second", f"{result.rate(tally.messages):.1f}"
    yield "deliveries a second", f"{result.rate(tally.deliveries):.1f}"
    statuses = ", ".join(f"{count} × {it}" for it, count in sorted(tally.statuses.items()))
    yield "answers by status", statuses or "none"


def latency_rows(result: LoadResult) -> Iterator[tuple[str, dict[str, float]]]:
    """Of each kind of event and of request, and of whole iterations."""
    tally = result.tally
    yield from ((f"event {name}", it) for name, it in _each(tally.events).items())
    yield from _each(tally.requests).items()
    if len(tally.iteration):
        yield "whole iteration", figures(tally.iteration)


def bars(histogram: Histogram) -> Iterator[tuple[str, int, str]]:
    """A histogram in lines: up to which time, how many, and a bar of that length."""
    rows = histogram.doublings()
    most = max(count for _, count in rows)
    for bound, count in rows:
        width = round(BAR_WIDTH * count / most)
        yield f"≤ {_bound(bound * 1000)} ms", count, "█" * (width or bool(count))


def _bound(milliseconds: float) -> str:
    return f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}"
