"""Frames on their way to a socket: as joined bytes, or one by one through the framework."""

import asyncio
import json
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from quart.typing import TestWebsocketConnectionProtocol as Socket
from wsproto import WSConnection
from wsproto.connection import Connection, ConnectionType
from wsproto.events import AcceptConnection, Event, Ping, TextMessage
from wsproto.events import Request as WsRequest

from fynix_server.sockets.wire import MAX_WRITE_BYTES, RAW_SOCKET, wire_of
from tests.people import Api, Serve

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


async def test_a_quiet_socket_is_pinged_at_the_heartbeat(serve: Serve) -> None:
    api = await serve(ws_heartbeat_seconds=1)
    (alice,) = await api.people("alice")
    url = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    client = WSConnection(ConnectionType.CLIENT)
    token = [(b"Authorization", f"Bearer {alice.access_token}".encode())]
    request = WsRequest(host=url.netloc, target="/api/ws", extra_headers=token)
    writer.write(client.send(request))
    heard: list[Event] = []

    async with asyncio.timeout(DEADLINE_SECONDS * 2):
        while sum(isinstance(it, Ping) for it in heard) < 2:
            client.receive_data(await reader.read(4096))
            for event in client.events():
                heard.append(event)
                if isinstance(event, Ping):
                    writer.write(client.send(event.response()))

    assert [type(it) for it in heard] == [AcceptConnection, Ping, Ping]
    writer.close()
    await writer.wait_closed()
