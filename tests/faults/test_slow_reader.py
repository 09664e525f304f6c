"""A reader that stops reading costs little, delays nobody, and loses nothing."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from sys import getsizeof
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from fynix_server.connections import Connection, Outbox
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.settings import Settings
from tests.end_to_end.server_process import ServerProcess, environment
from tests.faults.instances import eventually, tell
from tests.people import DEADLINE_SECONDS, PASSWORD, Frame, Live

MESSAGES = 200
"""Few enough for a resume to replay them all, and more than any buffer on the way takes."""

TEXT = "\N{SLEEPING FACE}" * 1900


class Served:
    """A server process, and four people in a group on it."""

    def __init__(self, server: ServerProcess, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.server = server
        self.tokens: list[str] = []
        self.group = ""
        self.client = httpx.AsyncClient(base_url=server.url, timeout=DEADLINE_SECONDS)
        stack.push_async_callback(self.client.aclose)

    async def gather_people(self) -> None:
        ids = []
        for _ in range(4):
            body = {"username": f"p{uuid4().hex[:12]}", "password": PASSWORD}
            answer = (await self.client.post("/api/auth/register", json=body)).json()
            ids.append(answer["user"]["id"])
            self.tokens.append(answer["access_token"])
        self.client.headers["Authorization"] = f"Bearer {self.tokens[0]}"
        group = {"name": "all", "participant_ids": ids[1:]}
        self.group = (await self.client.post("/api/conversations", json=group)).json()["id"]

    async def connect(self, number: int, **options: Any) -> ClientConnection:
        socket = await connect(
            self.server.url.replace("http", "ws", 1) + "/api/ws",
            additional_headers={"Authorization": f"Bearer {self.tokens[number]}"},
            subprotocols=[Subprotocol("fynix.v1")],
            compression=None,  # the text repeats itself
            max_size=None,
            proxy=None,
            **options,
        )
        self._stack.push_async_callback(socket.close)
        return socket

    async def live(self, number: int, cursor: int | None = None) -> Live:
        """A socket that is read, resumed from `cursor` or from now on."""
        live = Live(await self.connect(number))
        self._stack.push_async_callback(live.stop)
        cursors = {} if cursor is None else {self.group: cursor}
        await live.send(type="resume", cursors=cursors)
        await live.expect("resumed")
        return live

    async def stopped(self, number: int) -> ClientConnection:
        """A socket that is not read any more once it has resumed."""
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end.connect(("127.0.0.1", int(self.server.url.rsplit(":", 1)[1])))
        end.setblocking(False)
        slow = await self.connect(number, sock=end, max_queue=1, ping_interval=None)
        await slow.send(json.dumps({"type": "resume", "cursors": {}}))
        while json.loads(await slow.recv())["type"] != "resumed":
            pass
        return slow

    async def metric(self, name: str) -> float:
        text = (await self.client.get("/metrics")).text
        return float(next(it for it in text.splitlines() if it.startswith(name)).split()[-1])

    @property
    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.fixture
async def served(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Served]:
    where = {"DATABASE_URL": settings.database_url or "", "REDIS_URL": settings.redis_url}
    secret = settings.jwt_secret_key
    assert secret is not None
    env = environment(
        tmp_path,
        **where,
        JWT_SECRET_KEY=secret.get_secret_value(),
        FYNIX_RATE_LIMITS="off",
        FYNIX_WS_FRAMES_PER_SECOND="10000",
        **getattr(request, "param", {}),
    )
    async with AsyncExitStack() as stack:
        server = await ServerProcess.start(env)
        stack.push_async_callback(server.stop)
        served = Served(server, stack)
        await served.gather_people()
        yield served


async def test_a_reader_that_stops_is_closed_delays_nobody_and_loses_nothing(
    served: Served,
) -> None:
    sender, *readers = [await served.live(number) for number in range(3)]
    before, alone = served.memory_mib, await _burst(served, sender, readers)
    slow = await served.stopped(3)

    beside_slow = await _burst(served, sender, readers)
    closing = await eventually(lambda: _are_closed(served, 1))
    grown = served.memory_mib - before
    heard = await _rest_of(slow)
    back = await served.live(3, cursor=heard[-1]["seq"])
    heard += await back.expect_count("new_message", MESSAGES - len(heard))

    assert slow.close_code == CloseCode.SLOW_CONSUMER
    assert [it["message"]["content"] for it in heard] == [_text(n) for n in range(MESSAGES)]
    tell("alone", **_percentiles(alone))
    tell("beside a slow reader", **_percentiles(beside_slow))
    tell("the slow reader", closed_after=closing, memory_mib=grown)


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    "served",
    [
        {
            "FYNIX_WS_OUTBOX_FRAMES": "9999",
            "FYNIX_WS_OUTBOX_BYTES": "99999999",
            "FYNIX_WS_WRITE_TIMEOUT_SECONDS": "2",
        }
    ],
    indirect=True,
)
async def test_a_reader_that_takes_nothing_for_too_long_is_closed_however_much_may_wait(
    served: Served,
) -> None:
    sender = await served.live(0)
    slow = await served.stopped(3)
    await _burst(served, sender, [])

    closing = await eventually(lambda: _are_closed(served, 1))
    await _rest_of(slow)

    assert slow.close_code == CloseCode.SLOW_CONSUMER
    tell("a reader that takes nothing", closed_after=closing)


frames = st.text(st.sampled_from("aé€\N{SLEEPING FACE}"), max_size=300)


@given(st.lists(st.one_of(frames, st.sampled_from([True, False]))))
async def test_an_outbox_counts_what_is_not_yet_written_and_keeps_within_its_bounds(
    steps: list[str | bool],
) -> None:
    outbox = Outbox(max_frames=6, max_bytes=2000)
    unwritten: list[str] = []
    taken = 0

    for step in steps:
        if isinstance(step, str):
            fits = len(unwritten) < 6 and sum(map(getsizeof, [*unwritten, step])) <= 2000
            assert outbox.put(step) == fits
            unwritten += [step] if fits else []
        elif step and taken < len(unwritten):  # what was taken before counts as written
            del unwritten[:taken]
            assert await outbox.take() == unwritten
            taken = len(unwritten)
        elif not step and taken:
            outbox.note_written()
            unwritten.pop(0)
            taken -= 1
        assert outbox.size_bytes == sum(map(getsizeof, unwritten)) <= 2000
        assert len(outbox) == len(unwritten) <= 6


async def test_typing_is_dropped_from_half_full_and_what_must_arrive_from_full() -> None:
    connection = Connection(uuid4(), uuid4(), Outbox(10, 10**6), is_v1=True)

    for number in range(7):
        connection.send_if_roomy(f"typing {number}")
        connection.send(f"message {number}")

    assert not connection.closing.done()
    assert await connection.take_frames() == [
        *("typing 0", "message 0", "typing 1", "message 1", "typing 2"),
        *(f"message {number}" for number in range(2, 7)),
    ]
    connection.send("too much")
    assert await connection.closing == CloseCode.SLOW_CONSUMER


async def _burst(served: Served, sender: Live, readers: list[Live]) -> list[float]:
    """Send all messages, a little apart; after how many milliseconds each reader had each."""
    sent_at: list[float] = []
    latencies: list[float] = []

    async def hear(reader: Live) -> None:
        for number in range(MESSAGES):
            await reader.expect("new_message")
            latencies.append(1000 * (time.monotonic() - sent_at[number]))

    async with asyncio.TaskGroup() as hearing:
        for reader in readers:
            hearing.create_task(hear(reader))
        for number in range(MESSAGES):
            sent_at.append(time.monotonic())
            await sender.send(
                type="send_message", ref="r", conversation_id=served.group, content=_text(number)
            )
            await sender.expect("ack")
    return latencies


def _text(number: int) -> str:
    return f"{TEXT} {number}"


def _percentiles(latencies: list[float]) -> dict[str, float]:
    cuts = quantiles(latencies, n=100)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98]}


async def _are_closed(served: Served, count: int) -> bool:
    return await served.metric("fynix_slow_consumers_total") >= count


async def _rest_of(slow: ClientConnection) -> list[Frame]:
    """Read on until the server's close: the messages."""
    heard = []
    try:
        while True:
            frame = json.loads(await slow.recv())
            if frame["type"] == "new_message":
                heard.append(frame)
    except ConnectionClosed:
        return heard
