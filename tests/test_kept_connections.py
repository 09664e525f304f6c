"""A connection outlives an answer that was given before the request was read to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import h11
import httpx
import pytest

from fynix_server import unread_bodies
from tests.people import Api

DEADLINE_SECONDS = 10.0


class Line:
    """An HTTP/1.1 connection that is written to piece by piece."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT)

    async def send(self, event: h11.Event) -> None:
        self._writer.write(self._state.send(event) or b"")
        await self._writer.drain()

    async def next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (event := self._state.next_event()) is h11.NEED_DATA:
                self._state.receive_data(await self._reader.read(65536))
        return event

    async def answer(self) -> h11.Response:
        """The next answer, read to its end."""
        head = await self.next()
        assert isinstance(head, h11.Response)
        while not isinstance(await self.next(), h11.EndOfMessage):
            pass
        return head

    def go_on(self) -> None:
        """Raises: h11.LocalProtocolError (the server said that it closes)."""
        self._state.start_next_cycle()


@asynccontextmanager
async def line_to(api: Api) -> AsyncIterator[Line]:
    at = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def head(length: int, path: str = "/api/auth/login") -> h11.Request:
    return h11.Request(
        method="POST",
        target=path,
        headers=[("Host", "server"), ("Content-Length", str(length))],
    )


async def refused_early(api: Api, line: Line, path: str, body: bytes) -> h11.Response:
    """Send `body` some time after the head, to which alone the server could give its answer."""
    await line.send(head(len(body), path))
    async with httpx.AsyncClient(base_url=api.url) as other:
        assert (await other.get("/livez")).status_code == 200
    await line.send(h11.Data(data=body))
    await line.send(h11.EndOfMessage())
    return await line.answer()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/conversations", 401),
        ("/api/nowhere", 404),
        ("/api/conversations/not-an-id/messages", 400),
        ("/api/conversations/health", 405),
    ],
)
async def test_a_refusal_before_the_body_came_does_not_close_the_line_under_the_next_request(
    api: Api, path: str, status: int
) -> None:
    async with line_to(api) as line:
        for _ in range(2):
            refusal = await refused_early(api, line, path, b"{}" * 500)
            assert refusal.status_code == status
            line.go_on()


async def test_a_body_that_is_too_large_is_read_and_thrown_away(api: Api) -> None:
    async with line_to(api) as line:
        refusal = await refused_early(api, line, "/api/auth/login", b"x" * 2_000_000)
        assert refusal.status_code == 413
        line.go_on()
        assert (await refused_early(api, line, "/api/nowhere", b"{}")).status_code == 404


async def test_who_never_sends_the_body_is_answered_and_told_that_the_line_closes(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_bodies, "REST_OF_BODY_SECONDS", 0.05)
    async with line_to(api) as line:
        await line.send(head(1000, "/api/nowhere"))
        refusal = await line.answer()
        assert refusal.status_code == 404
        assert (b"connection", b"close") in refusal.headers
        assert isinstance(await line.next(), h11.ConnectionClosed)
