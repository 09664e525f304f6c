"""Every route counts against a rate limit, or is declared here as one that need not."""

import pytest
from quart import Quart

from fynix_server.app import create_app
from fynix_server.auth import access_of
from fynix_server.settings import Settings

EXEMPT = {
    # Load balancers and Prometheus ask often, and the answers cost next to nothing.
    "health.conversations_health",
    "health.sockets_health",
    "health.livez",
    "health.readyz",
    "health.metrics",
    # Made once, then served from memory.
    "openapi",
    "docs",
    "docs_style",
}
BY_SERVICE = {
    # Looked up before it is counted: a retry of a stored message costs nothing.
    "messages.send_message",
}
# Counts against `ws_connect` once it knows whose socket it is.
BY_HANDSHAKE = {"sockets.serve_socket"}


@pytest.fixture
def app(settings: Settings) -> Quart:
    return create_app(settings)


async def test_every_route_is_limited_or_declared_exempt(app: Quart) -> None:
    unlimited = set()
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if access is None or access.bucket is None:
            unlimited.add(rule.endpoint)

    assert unlimited == EXEMPT | BY_SERVICE | BY_HANDSHAKE


async def test_a_route_that_its_service_limits_still_asks_for_a_token(app: Quart) -> None:
    for endpoint in BY_SERVICE:
        access = access_of(app.view_functions[endpoint])
        assert access is not None
        assert access.is_authenticated
