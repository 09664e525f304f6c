"""What faults do to a line, as its two ends see it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fynix_cli.line_proxy import Proxy
from fynix_cli.scenario.playing.lasting_faults import Faults

DEADLINE_SECONDS = 10.0
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """A line through a proxy: `near` is the client's end, `far` the server's."""

    def __init__(
        self, proxy: Proxy, near: Ends, far: Ends, accepted: "asyncio.Queue[Ends]"
    ) -> None:
        self.proxy = proxy
        self.accepted = accepted
        self.near = near
        self.far = far

    async def says(self, text: bytes) -> None:
        self.far[1].write(text)
        await self.far[1].drain()

    async def hears(self, count: int) -> bytes:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.near[0].readexactly(count)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    accepted: asyncio.Queue[Ends] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    near = await asyncio.open_connection("127.0.0.1", proxy.port)
    far = await accepted.get()
    yield Line(proxy, near, far, accepted)
    await proxy.close()
    for _, writer in (near, far):
        await hang_up(writer)
    server.close()
    await server.wait_closed()


async def test_latency_delays_what_is_said(line: Line) -> None:
    line.proxy.delay_seconds = 0.3
    began = time.monotonic()

    await line.says(b"x")
    await line.hears(1)

    assert time.monotonic() - began >= 0.25  # timers may end a little early


async def test_a_slow_reader_takes_no_more_than_so_many_bytes_a_second(line: Line) -> None:
    line.proxy.slow_down(10_000)
    began = time.monotonic()

    await line.says(b"x" * 5_000)
    await line.hears(5_000)
    slow = time.monotonic() - began
    line.proxy.slow_down(None)
    await line.says(b"x" * 500_000)
    await line.hears(500_000)

    assert slow >= 0.4
    assert time.monotonic() - began - slow < 30  # at the slow pace it would have been 50


async def test_a_line_that_is_half_open_says_nothing_and_then_all_of_it(line: Line) -> None:
    line.proxy.stall()
    await line.says(b"held back")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.near[0].read(1), 0.1)

    line.proxy.go_on()

    assert await line.hears(9) == b"held back"


async def test_a_dropped_line_is_reset_and_new_ones_too_until_it_is_mended(line: Line) -> None:
    line.proxy.refuse()

    with pytest.raises(ConnectionResetError):
        await line.hears(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", line.proxy.port)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.readexactly(1), DEADLINE_SECONDS)
    await hang_up(writer)
    line.proxy.go_on()
    _, writer = await asyncio.open_connection("127.0.0.1", line.proxy.port)
    writer.write(b"x")
    await writer.drain()
    reader, far = await line.accepted.get()
    assert await reader.readexactly(1) == b"x"
    await hang_up(writer)
    await hang_up(far)


class Mends:
    """Notes what was mended."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.happened = asyncio.Event()

    def of(self, name: str) -> Callable[[], Awaitable[None]]:
        async def mend() -> None:
            self.names.append(name)
            self.happened.set()

        return mend


async def test_a_fault_ends_when_its_time_is_up() -> None:
    faults, mends = Faults(), Mends()

    await faults.begin("bob.phone", "drop", mends.of("drop"), 0.05)
    assert mends.names == []
    async with asyncio.timeout(DEADLINE_SECONDS):
        await mends.happened.wait()

    await faults.close()
    assert mends.names == ["drop"]


async def test_healing_ends_the_faults_of_one_and_closing_those_of_all() -> None:
    faults, mends = Faults(), Mends()
    await faults.begin("bob.phone", "drop", mends.of("drop"), None)
    await faults.begin("bob.phone", "latency", mends.of("latency"), 60.0)
    await faults.begin("", "redis_down", mends.of("redis"), None)

    await faults.heal("bob.phone")
    assert mends.names == ["drop", "latency"]
    await faults.close()

    assert mends.names == ["drop", "latency", "redis"]


async def test_the_same_fault_again_begins_anew() -> None:
    faults, mends = Faults(), Mends()
    await faults.begin("bob.phone", "latency", mends.of("first"), 60.0)

    await faults.begin("bob.phone", "latency", mends.of("second"), 60.0)
    assert mends.names == ["first"]
    await faults.close()

    assert mends.names == ["first", "second"]


async def test_what_cannot_be_mended_is_told_and_not_forgotten() -> None:
    faults = Faults()

    tried = asyncio.Event()

    async def mend() -> None:
        tried.set()
        raise OSError("Redis does not start again")

    await faults.begin("", "redis_down", mend, 0.0)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await tried.wait()

    with pytest.raises(OSError, match="does not start again"):
        await faults.close()
