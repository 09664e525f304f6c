"""How the server says that it is well."""

from typing import Literal

from fynix_server.protocol.fields import Shape, Timestamp

PartState = Literal["ok", "degraded", "down"]


class HealthResponse(Shape):
    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: Timestamp
    checks: dict[str, PartState]


class SocketHealthResponse(HealthResponse):
    active_connections: int
    connected_users: int


class ReadyResponse(Shape):
    status: Literal["ready", "degraded", "unready"]
    checks: dict[str, PartState]


class LiveResponse(Shape):
    status: Literal["alive"] = "alive"
