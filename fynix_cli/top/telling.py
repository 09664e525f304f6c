"""A reading as JSON and as lines, for pipes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fynix_cli.top.reading import Rates, Reading
from fynix_cli.top.source import Away

MIB = 2**20
UNREACHABLE = "unreachable"
RATES = (
    "messages_per_second",
    "deliveries_per_second",
    "delivery_p50_ms",
    "delivery_p95_ms",
    "delivery_p99_ms",
    "queries_per_second",
    "query_mean_ms",
    "query_p95_ms",
    "cpu_percent",
    "requests_per_second",
    "rate_limit_hits_per_second",
)


def as_row(server: str, reading: Reading | Away) -> dict[str, Any]:
    """The keys are a contract. Rates are null where there is nothing to compare with."""
    if isinstance(reading, Away):
        now = datetime.now(UTC)
        return {"at": _time(now), "server": server, "status": UNREACHABLE, "why": reading.reason}
    return {
        "at": _time(reading.told_at),
        "server": server,
        "status": reading.status,
        "seconds": round(reading.seconds, 3),
        "connections": reading.connections,
        "people": reading.people,
        **_rates(reading.rates),
        "memory_mib": _rounded(reading.memory_bytes and reading.memory_bytes / MIB, 1),
        "uptime_seconds": _rounded(reading.uptime_seconds, 0),
        "checks": dict(reading.checks),
    }


def _rates(rates: Rates | None) -> dict[str, Any]:
    if rates is None:
        return dict.fromkeys(RATES)
    numbers = (
        rates.messages,
        rates.deliveries,
        rates.delivery.p50,
        rates.delivery.p95,
        rates.delivery.p99,
        rates.queries,
        rates.query_mean_ms,
        rates.query.p95,
        rates.cpu_percent,
    )
    return {
        **{name: _rounded(value) for name, value in zip(RATES, numbers, strict=False)},
        "requests_per_second": _rounded_each(rates.requests),
        "rate_limit_hits_per_second": _rounded_each(rates.limit_hits),
    }


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _rounded_each(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in sorted(values.items())}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
