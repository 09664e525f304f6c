"""Frames on their way to a socket: as joined bytes, or one by one through the framework."""

import asyncio
import json
from typing import Any, ClassVar

import pytest
from quart.typing import TestWebsocketConnectionProtocol as Socket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from fynix_server.sockets.wire import MAX_WRITE_BYTES, SEND_FRAMES, wire_of
from tests.people import Api

DEADLINE_SECONDS = 5.0


class _Accepted:
    """As much of an accepted socket as says whether its server takes bytes."""

    scope: ClassVar = {"extensions": {SEND_FRAMES: None}}


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
