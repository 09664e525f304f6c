"""What Prometheus may ask about this process.

These are the one kind of module-level state in Fynix: a metric is a name that any layer counts
under, it carries nothing from one request to another, and passing it down through every
signature would buy nothing. They live in a registry of their own, so that a library which
registers in prometheus_client's global one neither appears here nor clashes. Each worker process
has its own numbers; Prometheus adds them up.
"""

from time import perf_counter
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_QUERY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_LATENCY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

websocket_connections = Gauge(
    "fynix_websocket_connections", "Sockets open in this process.", registry=REGISTRY
)
messages_sent = Counter(
    "fynix_messages_sent_total",
    "Messages stored, replays not counted.",
    registry=REGISTRY,
)
rate_limit_hits = Counter(
    "fynix_rate_limit_hits_total",
    "Requests refused by a rate limit.",
    ["bucket"],
    registry=REGISTRY,
)
http_request_duration = Histogram(
    "fynix_http_request_duration_seconds",
    "Time from a request's arrival to its answer; the route is its pattern, not its path.",
    ["method", "route", "status"],
    buckets=_LATENCY_SECONDS,
    registry=REGISTRY,
)
db_query_duration = Histogram(
    "fynix_db_query_duration_seconds",
    "Time of one statement in the database driver.",
    ["statement"],
    buckets=_QUERY_SECONDS,
    registry=REGISTRY,
)
delivery_latency = Histogram(
    "fynix_delivery_latency_seconds",
    "Time from an event's commit to its place in the sockets' outboxes here.",
    buckets=_LATENCY_SECONDS,
    registry=REGISTRY,
)
commit_group_size = Histogram(
    "fynix_commit_group_size",
    "Messages stored by one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
gap_fills = Counter(
    "fynix_gap_fills_total",
    "Times that events missing from the bus were read from the database.",
    registry=REGISTRY,
)
outbox_dropped = Counter(
    "fynix_outbox_dropped_total",
    "Frames not queued because a socket's outbox was full.",
    ["kind"],
    registry=REGISTRY,
)
slow_consumers = Counter(
    "fynix_slow_consumers_total", "Sockets closed with 4010.", registry=REGISTRY
)
filter_seconds = Histogram(
    "fynix_content_filter_seconds",
    "Time that the content filter took for one message; none are observed without rules.",
    buckets=(0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5),
    registry=REGISTRY,
)
filter_verdicts = Counter(
    "fynix_content_filter_verdicts_total",
    "Messages that a rule of the content filter has matched, by what became of them.",
    ["verdict"],
    registry=REGISTRY,
)
spam_assessments = Counter(
    "fynix_spam_assessments_total",
    "Times that somebody was judged by the spam score, by what it called for.",
    ["measure"],
    registry=REGISTRY,
)
spam_assessment_seconds = Histogram(
    "fynix_spam_assessment_seconds",
    "Time to gather what somebody did, and to score it.",
    buckets=_LATENCY_SECONDS,
    registry=REGISTRY,
)
bus_errors = Counter("fynix_bus_errors_total", "Failed calls to the event bus.", registry=REGISTRY)

# Bound once: looking up a label costs more than the observation itself.
_BY_STATEMENT = {
    kind.upper(): db_query_duration.labels(kind)
    for kind in ("select", "insert", "update", "delete")
}
_OTHER_STATEMENT = db_query_duration.labels("other")


def observe_queries(engine: AsyncEngine) -> None:
    """Measure every statement of `engine` from now on; failed ones are left out."""
    event.listen(engine.sync_engine, "before_cursor_execute", _start_query)
    event.listen(engine.sync_engine, "after_cursor_execute", _end_query)


def _start_query(*arguments: Any) -> None:
    # (connection, cursor, statement, parameters, context, executemany), as SQLAlchemy fixes it.
    arguments[4].fynix_started = perf_counter()


def _end_query(*arguments: Any) -> None:
    # Every kind is six letters long.
    observer = _BY_STATEMENT.get(arguments[2][:6].upper(), _OTHER_STATEMENT)
    observer.observe(perf_counter() - arguments[4].fynix_started)
