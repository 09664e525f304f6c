"""Clients that say more than is read, or leave without a word: neither memory nor lines pile up."""

import asyncio
import base64
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from hypercorn.asyncio import run, serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from fynix_cli.serving import tcp_lines
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.sockets.inbox import MAX_UNREAD_BYTES, MAX_UNREAD_FRAMES, Inbox
from fynix_server.sockets.turns import Turns
from tests.end_to_end.server_process import ServerProcess, environment
from tests.faults.instances import Instance, eventually, locked, tell
from tests.people import PASSWORD

PING = b'{"type":"ping"}'


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    server = await ServerProcess.start(environment(tmp_path, FYNIX_RATE_LIMITS="off"))
    yield server
    assert await server.stop() == 0


@pytest.mark.parametrize(
    ("size", "kept"), [(10, MAX_UNREAD_FRAMES), (60_000, MAX_UNREAD_BYTES // 60_000)]
)
async def test_an_inbox_keeps_so_many_frames_or_bytes_and_then_says_that_it_is_overflown(
    size: int, kept: int
) -> None:
    inbox = Inbox(Turns())

    for _ in range(1000):
        inbox.put_nowait("x" * size)

    assert [await inbox.get() for _ in range(kept)] == ["x" * size] * kept
    assert await inbox.get() is None
    assert len(inbox) == 0


async def test_an_inbox_that_is_read_never_overflows() -> None:
    inbox = Inbox(Turns())

    for _ in range(10 * MAX_UNREAD_FRAMES):
        await inbox.put(b"x" * 60_000)
        assert await inbox.get() == b"x" * 60_000


async def test_who_goes_on_talking_while_the_database_is_away_is_closed_not_kept(
    sqlite_instance: Instance, sqlite_file: Path
) -> None:
    alice, bob = await sqlite_instance.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await bob.send(dm, "hello")).json()
    live = await alice.live()

    with locked(sqlite_file):
        # Reading waits for this one, and this one for the lock.
        await live.send(type="mark_read", conversation_id=dm, message_id=message["id"])
        for _ in range(MAX_UNREAD_BYTES // 60_000 + 2):
            await live.socket.send(PING.decode().ljust(60_000))
        error = await live.expect("error")
        code = await live.closed()

    assert (error["status_code"], code) == (503, CloseCode.TOO_MANY_FRAMES)


async def test_an_empty_frame_is_a_bad_frame_and_not_a_failure(sqlite_instance: Instance) -> None:
    alice = await sqlite_instance.register("alice")
    live = await alice.live()

    await live.socket.send(b"")

    assert (await live.expect("error"))["error"] == "not_a_json_object"
    assert await live.closed() == CloseCode.INVALID_FORMAT


async def test_a_client_that_leaves_takes_its_connection_with_it(server: ServerProcess) -> None:
    before = _sockets_of(server.process.pid)

    for _ in range(50):
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/livez")).status_code == 200

    seconds = await eventually(lambda: _has_sockets(server.process.pid, before))
    tell("connections of clients that left are gone after", seconds=seconds)


async def test_a_flood_that_does_not_end_at_the_close_is_cut_off(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        body = {"username": "alice", "password": PASSWORD}
        token = (await client.post("/api/auth/register", json=body)).json()["access_token"]
    before = _sockets_of(server.process.pid)
    port = int(server.url.rsplit(":", 1)[1])

    async with AsyncExitStack() as stack:
        ends = [await asyncio.to_thread(_open_socket, port, token) for _ in range(4)]
        for end in ends:
            stack.callback(end.close)
        # Closed with 4008 at the 101st; the rest comes all the same, and nothing is read.
        await asyncio.gather(*(asyncio.to_thread(_talk_on, end) for end in ends))
        seconds = await eventually(lambda: _has_sockets(server.process.pid, before))

    tell("floods are cut off after", seconds=seconds)


async def test_a_line_whose_client_takes_nothing_is_ended_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp_lines, "CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(run, "TCPServer", TCPServer)  # and after the test its own again
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    tcp_lines.prepare_lines(listener)
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(_talk, config, shutdown_trigger=stop.wait))
    before = _sockets_of(os.getpid())

    with await asyncio.to_thread(_open_socket, port):
        seconds = await eventually(lambda: _has_sockets(os.getpid(), before + 1))
    stop.set()
    await serving

    tell("a line of a client that takes nothing is ended after", seconds=seconds)


async def _talk(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """An application that talks until nobody listens, and then ends."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.2):
                await send({"type": "websocket.send", "bytes": None, "text": "x" * 60_000})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            await send({"type": "websocket.close", "code": 4010, "reason": None})


def _open_socket(port: int, token: str = "") -> socket.socket:
    """A WebSocket in the raw, which does nothing by itself."""
    end = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    end.sendall(
        "GET /api/ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    assert end.recv(4096).startswith(b"HTTP/1.1 101")
    return end


def _talk_on(end: socket.socket) -> None:
    """Send frames until the line is cut, or nothing more is taken."""
    end.settimeout(2)
    with contextlib.suppress(OSError):
        while True:
            end.sendall(_masked(PING) * 100)


def _masked(text: bytes) -> bytes:
    """A text frame of a client, its mask all zeroes."""
    return struct.pack("!BBI", 0x81, 0x80 | len(text), 0) + text


def _sockets_of(process: int) -> int:
    """How many sockets it has open."""
    open_files = Path(f"/proc/{process}/fd")
    found = 0
    for it in open_files.iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            found += os.readlink(it).startswith("socket:")
    return found


async def _has_sockets(process: int, at_most: int) -> bool:
    return _sockets_of(process) <= at_most
