"""Frames on their way to a socket: as joined bytes, or one by one through the framework."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from quart.typing import TestWebsocketConnectionProtocol as Socket
from wsproto import WSConnection
from wsproto.connection import Connection, ConnectionType
from wsproto.events import AcceptConnection, Event, Ping, TextMessage
from wsproto.events import Request as WsRequest

from fynix_server.sockets.inbox import MAX_UNREAD_FRAMES, Inbox
from fynix_server.sockets.turns import Turns
from fynix_server.sockets.wire import MAX_WRITE_BYTES, RAW_SOCKET, wire_of
from tests.people import Api, Person, Serve

DEADLINE_SECONDS = 5.0


class _Raw:
    async def write(self, frames: bytes) -> None:
        """Nothing is written here: the parts are looked at."""


class _Accepted:
    """As much of an accepted socket as says whether its server takes bytes."""

    scope: ClassVar = {"extensions": {RAW_SOCKET: _Raw()}}


def _as_a_client_reads(written: bytes) -> list[str]:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(written)
    texts, text = [], ""
    for event in client.events():
        assert isinstance(event, TextMessage)
        text += event.data
        if event.message_finished:
            texts.append(text)
            text = ""
    return texts


@pytest.mark.parametrize(
    "sizes",
    [
        [1],
        [0],
        [125, 126, 127],  # where the length takes two bytes more
        [65_535, 65_536],  # and eight
        [5_000] * 10,
        [10, 100_000, 10],
        [MAX_WRITE_BYTES - 4, 1],
        [MAX_WRITE_BYTES * 2],
    ],
)
def test_joined_frames_arrive_whole_in_order_and_in_bounded_writes(sizes: list[int]) -> None:
    frames = [chr(ord("a") + number) * size for number, size in enumerate(sizes)]
    _, parts_of = wire_of(_Accepted())  # type: ignore[arg-type]

    parts = list(parts_of(frames))

    assert [text for written, _ in parts for text in _as_a_client_reads(written)] == frames
    assert [len(_as_a_client_reads(written)) for written, _ in parts] == [it for _, it in parts]
    assert all(len(written) <= MAX_WRITE_BYTES or count == 1 for written, count in parts)


def test_what_is_not_ascii_arrives_as_it_was() -> None:
    frames = ["grüße 👋🏽", "\u2028", "𝔣𝔶𝔫𝔦𝔵" * 40]
    _, parts_of = wire_of(_Accepted())  # type: ignore[arg-type]

    ((written, count),) = parts_of(frames)

    assert (_as_a_client_reads(written), count) == (frames, 3)


async def test_under_a_server_that_takes_no_bytes_frames_go_through_the_framework(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    async def next_frame(socket: Socket) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            frame: dict[str, Any] = json.loads(await socket.receive())
            return frame

    headers = {"Authorization": f"Bearer {bob.access_token}"}
    async with api.app.test_client().websocket("/api/ws", headers=headers) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        first = await next_frame(socket)
        sent = [(await alice.send(dm, f"n{number}")).json() for number in range(3)]
        heard = [await next_frame(socket) for _ in range(3)]

    assert first == {"type": "pong"}
    assert [it["message"] for it in heard] == sent


class _RawClient:
    """A WebSocket that says what it wants in one write, and shows pings."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._wire = WSConnection(ConnectionType.CLIENT)

    @classmethod
    @asynccontextmanager
    async def connected(cls, person: Person, url: str) -> "AsyncIterator[_RawClient]":
        at = urlsplit(url)
        client = cls(*await asyncio.open_connection(at.hostname, at.port))
        token = [(b"Authorization", f"Bearer {person.access_token}".encode())]
        client.say(WsRequest(host=at.netloc, target="/api/ws", extra_headers=token))
        assert isinstance(await anext(client.events()), AcceptConnection)
        try:
            yield client
        finally:
            client._writer.close()
            await client._writer.wait_closed()

    def say(self, *events: Event) -> None:
        self._writer.write(b"".join(self._wire.send(event) for event in events))

    async def events(self) -> AsyncIterator[Event]:
        """What the server says, for as long as the caller asks within the deadline."""
        async with asyncio.timeout(DEADLINE_SECONDS * 2):
            while data := await self._reader.read(65536):
                self._wire.receive_data(data)
                for event in self._wire.events():
                    yield event


async def test_a_quiet_socket_is_pinged_at_the_heartbeat(serve: Serve) -> None:
    api = await serve(ws_heartbeat_seconds=1)
    (alice,) = await api.people("alice")

    async with _RawClient.connected(alice, api.url) as client:
        heard = []
        async for event in client.events():
            assert isinstance(event, Ping)
            client.say(event.response())
            heard.append(event)
            if len(heard) == 2:
                break


async def test_after_one_frame_too_many_the_line_waits_until_its_socket_has_ended() -> None:
    inbox = Inbox(Turns())
    for _ in range(MAX_UNREAD_FRAMES):
        await inbox.put("{}")

    overflowing = [asyncio.create_task(inbox.put("{}")) for _ in range(3)]
    _, waiting = await asyncio.wait(overflowing, timeout=0.05)
    heard = [await inbox.get() for _ in range(MAX_UNREAD_FRAMES + 1)]
    inbox.end()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(*overflowing)
        await inbox.put("too late")

    assert len(waiting) == 3
    assert heard == ["{}"] * MAX_UNREAD_FRAMES + [None]
    assert len(inbox) == 0


async def test_hundreds_of_frames_in_one_write_are_all_obeyed(serve: Serve) -> None:
    api = await serve(ws_frames_per_second=10_000)
    (alice,) = await api.people("alice")
    frames = 1000

    async with _RawClient.connected(alice, api.url) as client:
        client.say(TextMessage(data='{"type":"ping"}'))
        await anext(client.events())  # it is known who this is: from here on somebody reads
        client.say(*[TextMessage(data='{"type":"ping"}')] * frames)
        heard = []
        async for event in client.events():
            assert isinstance(event, TextMessage), event
            heard.append(event.data)
            if len(heard) == frames:
                break

    assert set(heard) == {'{"type":"pong"}'}
