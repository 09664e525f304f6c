"""From two scrapes to what happens a second. Pure: no clock, no network, no terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fynix_cli.top.exposition import (
    Exposition,
    difference,
    fell,
    per_second,
    quantile,
)

MESSAGES = "fynix_messages_sent_total"
DELIVERY = "fynix_delivery_latency_seconds"
REQUESTS = "fynix_http_request_duration_seconds_count"
QUERIES = "fynix_db_query_duration_seconds"
LIMIT_HITS = "fynix_rate_limit_hits_total"
OF_PROBES = frozenset(
    {"/metrics", "/livez", "/readyz", "/api/ws/health", "/api/conversations/health"}
)
"""Routes that nobody but monitors asks, `fynix top` among them; they are not counted."""
READINESS = {"healthy": "ready", "degraded": "degraded", "unhealthy": "unready"}


@dataclass(frozen=True)
class Sample:
    """One look at a process. `at`: seconds of a steady clock; `told_at`: the server's own time."""

    at: float
    told_at: datetime
    health: str
    checks: Mapping[str, str]
    people: int
    page: Exposition

    @property
    def started_at(self) -> float | None:
        """When the process began, in Unix time. It tells processes apart; None: not said."""
        # The first is known on Linux only; the other is when the process made its metrics.
        return self.page.value("process_start_time_seconds") or self.page.value(
            "fynix_messages_sent_created"
        )


@dataclass(frozen=True)
class Quantiles:
    """Milliseconds; None: nothing was observed."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True)
class Rates:
    """What happened between two samples, for each second of it."""

    messages: float
    deliveries: float
    delivery: Quantiles
    requests: Mapping[str, float]
    limit_hits: Mapping[str, float]
    queries: float
    query_mean_ms: float | None
    query: Quantiles
    cpu_percent: float | None


@dataclass(frozen=True)
class Reading:
    """What is shown. `rates` None: there is nothing to compare with, for it is the first sample
    of this process."""

    status: str
    told_at: datetime
    checks: Mapping[str, str] = field(default_factory=dict)
    connections: int = 0
    people: int = 0
    memory_bytes: float | None = None
    uptime_seconds: float | None = None
    seconds: float = 0.0
    rates: Rates | None = None


def read(before: Sample | None, after: Sample) -> Reading:
    """What `after` says, and what has happened since `before`."""
    started_at = after.started_at
    is_same = before is not None and _is_same_process(before, after)
    return Reading(
        status=READINESS.get(after.health, after.health),
        told_at=after.told_at,
        checks=after.checks,
        connections=int(after.page.value("fynix_websocket_connections") or 0),
        people=after.people,
        memory_bytes=after.page.value("process_resident_memory_bytes"),
        uptime_seconds=None if started_at is None else after.told_at.timestamp() - started_at,
        seconds=after.at - before.at if before is not None and is_same else 0.0,
        rates=_rates(before, after) if before is not None and is_same else None,
    )


def _is_same_process(before: Sample, after: Sample) -> bool:
    """Counters of another one (a restart, another worker) cannot be compared."""
    counters = (MESSAGES, f"{DELIVERY}_count", f"{QUERIES}_count")
    return (
        after.at > before.at
        and after.started_at == before.started_at
        and not fell(map(after.page.value, counters), map(before.page.value, counters))
    )


def _rates(before: Sample, after: Sample) -> Rates:
    seconds = after.at - before.at
    old, new = before.page, after.page

    def rate(name: str) -> float:
        return ((new.value(name) or 0.0) - (old.value(name) or 0.0)) / seconds

    queries = rate(f"{QUERIES}_count")
    has_cpu = "process_cpu_seconds_total" in new
    return Rates(
        messages=rate(MESSAGES),
        deliveries=rate(f"{DELIVERY}_count"),
        delivery=_quantiles(old, new, DELIVERY),
        requests=per_second(
            new.by_label(REQUESTS, "status", but=OF_PROBES, of="route"),
            old.by_label(REQUESTS, "status", but=OF_PROBES, of="route"),
            seconds,
        ),
        limit_hits=per_second(
            new.by_label(LIMIT_HITS, "bucket"), old.by_label(LIMIT_HITS, "bucket"), seconds
        ),
        queries=queries,
        query_mean_ms=1000 * rate(f"{QUERIES}_sum") / queries if queries else None,
        query=_quantiles(old, new, QUERIES),
        cpu_percent=100 * rate("process_cpu_seconds_total") if has_cpu else None,
    )


def _quantiles(old: Exposition, new: Exposition, histogram: str) -> Quantiles:
    added = difference(new.buckets(histogram), old.buckets(histogram))
    found = (quantile(added, share) for share in (0.5, 0.95, 0.99))
    return Quantiles(*(None if it is None else it * 1000 for it in found))
