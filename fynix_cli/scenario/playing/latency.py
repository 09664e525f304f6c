"""How late events were, and whether that is too late."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fynix_cli.scenario.matchers import is_matcher, mismatches
from fynix_cli.scenario.model.document import LatencyThreshold, Report
from fynix_cli.scenario.model.values import seconds

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that so large a share is not above. There must be one."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def missed_thresholds(report: Report, latencies: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """What is later than `report` allows, in words."""
    wanted = report.latency
    if wanted is None:
        return ()
    measured = latencies.get(wanted.event, ())
    if not measured:
        return (f"latency: no {wanted.event} came of what was sent here",)
    return later_than_wanted(wanted, lambda share: quantile(measured, share))


def later_than_wanted(
    wanted: LatencyThreshold, latency_at: Callable[[float], float]
) -> tuple[str, ...]:
    """The same of what was measured otherwise: `latency_at` a share, in seconds."""
    found = []
    for name, share in QUANTILES.items():
        expected = getattr(wanted, name)
        if expected is None:
            continue
        value = latency_at(share)
        if mismatches(_in_seconds(expected), value):
            limit = ", ".join(f"{how} {operand}" for how, operand in dict(expected).items())
            found.append(f"latency of {wanted.event}: {name} is {value * 1000:.1f} ms, not {limit}")
    return tuple(found)


def _in_seconds(matcher: Any) -> Any:
    """`{lt: 250ms}` as a number that can be compared."""
    if not is_matcher(matcher):
        return {"lte": seconds(matcher)}
    return {name: seconds(operand) for name, operand in matcher.items()}
