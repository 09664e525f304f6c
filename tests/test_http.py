"""The edge of REST: what is answered to a request that fits no route as it stands."""

import asyncio
import logging
from urllib.parse import urlsplit

import pytest

from tests.people import Api

DEADLINE_SECONDS = 10.0
UPGRADES = {
    "websocket": "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: \xff",
    "h2c": "HTTP2-Settings: x",
}


@pytest.mark.parametrize("path", ["/api/notices//read", "/api/conversations//messages"])
async def test_an_empty_id_is_no_such_route_and_leads_nowhere_else(api: Api, path: str) -> None:
    alice = await api.register("alice")

    answer = await alice.client.post(path, json={})

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_route"


async def test_asking_for_the_socket_without_an_upgrade_says_what_it_is(api: Api) -> None:
    answer = await api.client.get("/api/ws")

    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["detail"]


@pytest.mark.parametrize("protocol", UPGRADES)
async def test_an_upgrade_that_cannot_be_read_ends_its_line_and_its_token_is_not_logged(
    api: Api, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    at = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = (
        "GET /api/ws HTTP/1.1\r\nHost: server\r\nAuthorization: Bearer secret\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\n"
        f"Upgrade: {protocol}\r\n{UPGRADES[protocol]}\r\n\r\n"
    )

    writer.write(head.encode("latin-1"))

    async with asyncio.timeout(DEADLINE_SECONDS):
        await reader.read()
    writer.close()
    await writer.wait_closed()
    assert not any(it.levelno >= logging.WARNING for it in caplog.records)
    assert "secret" not in caplog.text
    assert (await api.client.get("/livez")).status_code == 200
