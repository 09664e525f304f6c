"""How well this instance is, for people, load balancers and Prometheus. Open without a token."""

import asyncio
from collections.abc import Callable
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    generate_latest,
    start_http_server,
)
from quart import Blueprint, Response
from quart_schema import document_response

from fynix_server.errors import NotFound
from fynix_server.http import current_resources, json_response
from fynix_server.metrics import REGISTRY
from fynix_server.protocol.health import (
    HealthResponse,
    LiveResponse,
    PartState,
    ReadyResponse,
    SocketHealthResponse,
)
from fynix_server.redis_client import REDIS_ERRORS
from fynix_server.resources import Resources
from fynix_server.settings import Settings, SettingsError

CHECK_TIMEOUT_SECONDS = 2

Health = Literal["healthy", "degraded", "unhealthy"]
Readiness = Literal["ready", "degraded", "unready"]

_READINESS: dict[Health, Readiness] = {
    "healthy": "ready",
    "degraded": "degraded",
    "unhealthy": "unready",
}

blueprint = Blueprint("health", __name__)


@blueprint.get("/api/conversations/health")
@document_response(HealthResponse, 200)
@document_response(HealthResponse, 503)
async def conversations_health() -> Response:
    """Say whether messages can be stored and delivered. 200, or 503 when unhealthy."""
    resources = current_resources()
    checks = await check_parts(resources)
    health = HealthResponse(status=_health_of(checks), timestamp=resources.clock(), checks=checks)
    return json_response(health, 503 if health.status == "unhealthy" else 200)


@blueprint.get("/api/ws/health")
@document_response(SocketHealthResponse, 200)
@document_response(SocketHealthResponse, 503)
async def sockets_health() -> Response:
    """Say the same of the sockets, and how many this instance holds. 200, or 503."""
    resources = current_resources()
    checks = await check_parts(resources)
    health = SocketHealthResponse(
        status=_health_of(checks),
        timestamp=resources.clock(),
        checks=checks,
        active_connections=len(resources.connections),
        connected_users=len(list(resources.connections.users)),
    )
    return json_response(health, 503 if health.status == "unhealthy" else 200)


@blueprint.get("/livez")
@document_response(LiveResponse)
async def livez() -> Response:
    """Say that the process answers; nothing else is looked at. 200."""
    return json_response(LiveResponse())


@blueprint.get("/readyz")
@document_response(ReadyResponse, 200)
@document_response(ReadyResponse, 503)
async def readyz() -> Response:
    """Say whether to send requests here: ready, or degraded without Redis. 200, or 503."""
    checks = await check_parts(current_resources())
    ready = ReadyResponse(status=_READINESS[_health_of(checks)], checks=checks)
    return json_response(ready, 503 if ready.status == "unready" else 200)


@blueprint.get("/metrics")
async def metrics() -> Response:
    """Give this process's numbers in Prometheus' format. 200, or 404 if served elsewhere."""
    if current_resources().settings.metrics_address is not None:
        raise NotFound("Metrics are served on an address of their own.")
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def start_metrics_server(settings: Settings) -> Callable[[], None]:
    """Serve /metrics alone on `settings.metrics_address`, if set, until the result is called.

    Raises: SettingsError (the address cannot be listened on).
    """
    if settings.metrics_address is None:
        return lambda: None
    host, port = settings.metrics_address.rsplit(":", 1)
    try:
        server, thread = start_http_server(int(port), host, REGISTRY)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"FYNIX_METRICS_ADDRESS: cannot listen on {settings.metrics_address} ({error}); "
            "choose a free port of this machine"
        ) from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close


async def check_parts(resources: Resources) -> dict[str, PartState]:
    """The state of all that this instance depends on, asked now, within two seconds."""
    database, redis = await asyncio.gather(_check_database(resources), _check_redis(resources))
    tasks: PartState = "ok" if resources.failed_task is None else "down"
    return {"database": database, "redis": redis, "tasks": tasks}


async def _check_database(resources: Resources) -> PartState:
    return "ok" if await resources.database.answers(CHECK_TIMEOUT_SECONDS) else "down"


async def _check_redis(resources: Resources) -> PartState:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await resources.redis.ping()
            # A Redis that answers while the bus hears nothing is as good as away.
            await resources.event_bus.wait_until_connected()
    except REDIS_ERRORS:
        return "down"
    return "ok"


def _health_of(checks: dict[str, PartState]) -> Health:
    if checks["database"] == "down" or checks["tasks"] == "down":
        return "unhealthy"
    return "degraded" if checks["redis"] == "down" else "healthy"
