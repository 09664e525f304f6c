"""An HTTP/2 connection outlives what a client says amiss of one of its requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, ResponseReceived, StreamEnded, StreamReset

from fynix_server import unread_bodies
from tests.people import Api

DEADLINE_SECONDS = 10.0
LIVENESS = [(b":method", b"GET"), (b":path", b"/livez")]


class Line:
    """An HTTP/2 connection that is written to piece by piece."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._events: list[Event] = []
        # So that it sends what no well-behaved client would.
        config = H2Configuration(validate_outbound_headers=False)
        self.state = H2Connection(config)
        self.state.initiate_connection()

    async def flush(self) -> None:
        self._writer.write(self.state.data_to_send())
        await self._writer.drain()

    async def ask(self, head: list[tuple[bytes, bytes]], *, is_whole: bool = True) -> int:
        """Begin a request; the number of its stream."""
        stream_id = self.state.get_next_available_stream_id()
        rest = [(b":authority", b"server"), (b":scheme", b"http")]
        self.state.send_headers(stream_id, head + rest, end_stream=is_whole)
        await self.flush()
        return stream_id

    async def status_of(self, stream_id: int) -> bytes:
        """Its answer, read to its end; empty where it was reset."""
        status = b""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                event = await self._next()
                if getattr(event, "stream_id", None) != stream_id:
                    continue
                if isinstance(event, ResponseReceived):
                    status = dict(event.headers)[b":status"]
                elif isinstance(event, (StreamEnded, StreamReset)):
                    return status

    async def _next(self) -> Event:
        while not self._events:
            received = await self._reader.read(65536)
            assert received, "the server has closed the connection"
            self._events = self.state.receive_data(received)
        return self._events.pop(0)


@asynccontextmanager
async def line_to(api: Api) -> AsyncIterator[Line]:
    at = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_rest_of_a_body_that_comes_after_the_answer_is_thrown_away(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_bodies, "REST_OF_BODY_SECONDS", 0.05)
    async with line_to(api) as line:
        head = [(b":method", b"POST"), (b":path", b"/api/conversations")]
        refused = await line.ask(head, is_whole=False)
        assert await line.status_of(refused) == b"401"

        line.state.send_data(refused, b"{}" * 500, end_stream=True)

        assert await line.status_of(await line.ask(LIVENESS)) == b"200"


@pytest.mark.parametrize(
    "head",
    [
        [(b":method", b"GET"), (b":path", b"/api/users/\xff")],
        [(b":method", b"G\xff"), (b":path", b"/livez")],
    ],
)
async def test_a_head_that_cannot_be_read_resets_its_own_stream_only(
    api: Api, head: list[tuple[bytes, bytes]]
) -> None:
    async with line_to(api) as line:
        assert await line.status_of(await line.ask(head)) == b""

        assert await line.status_of(await line.ask(LIVENESS)) == b"200"


async def test_any_number_of_priorities_is_passed_over(api: Api) -> None:
    async with line_to(api) as line:
        for number in range(1, 3001, 2):
            line.state.prioritize(number, weight=10)
        await line.flush()

        # Past those: to prioritize a stream is not to open it.
        assert await line.status_of(await line.ask(LIVENESS)) == b"200"
