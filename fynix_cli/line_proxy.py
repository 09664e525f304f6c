"""A TCP proxy whose lines can be cut, stalled, delayed and refused: the faults of a network."""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Callable
from typing import Protocol, cast

CHUNK_BYTES = 65536
CONNECT_SECONDS = 5.0
SLICES_PER_SECOND = 20
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Tamper(Protocol):
    """Changes what a server says on one line."""

    def __call__(self, chunk: bytes, /) -> bytes:
        """What to pass on in place of `chunk`; empty: nothing (yet)."""
        ...


class Proxy:
    """Listens on a loopback port of its own and passes on to `upstreams` (ports of `host`), in
    turn.

    `upstreams` may be changed at any time: lines that are open stay where they are. An upstream
    that refuses is passed over, so several of them are one address with a spare.
    """

    def __init__(
        self,
        *upstreams: int,
        tamper: Callable[[], Tamper] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.upstreams = list(upstreams)
        self.delay_seconds = 0.0
        self.port = 0
        self._host = host
        self._bytes_per_second: int | None = None
        self._tamper = tamper
        self._turn = itertools.count()
        self._lines: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, int]] = {}
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_refusing = False
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut every line and listen no more."""
        if self._server is not None:
            self._server.close()
        lines = list(self._lines)
        self.go_on()
        self.cut()
        if lines:
            await asyncio.wait(lines)

    @property
    def line_count(self) -> int:
        """How many lines are open."""
        return len(self._lines)

    def cut(self, is_chosen: Callable[[], bool] = lambda: True, *, to: int | None = None) -> int:
        """Reset open lines, all or those chosen (`to`: of one upstream); how many there were."""
        chosen = [
            task
            for task, (_, port) in self._lines.items()
            if (to is None or to == port) and is_chosen()
        ]
        for task in chosen:
            _reset_when_closed(self._lines[task][0])
            task.cancel()
        return len(chosen)

    def stall(self) -> None:
        """Let nothing through; lines stay open, and new ones are accepted into silence."""
        self._flowing.clear()

    def go_on(self) -> None:
        """End a stall and a refusal: what waited goes through."""
        self._flowing.set()
        self._is_refusing = False

    def refuse(self) -> None:
        """Reset what is open, and every new line at once, until `go_on`."""
        self._is_refusing = True
        self.cut()

    def slow_down(self, bytes_per_second: int | None) -> None:
        """Read no more than that of what upstreams say; None: as fast as it comes."""
        self._bytes_per_second = bytes_per_second

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._lines[task] = writer, 0
        try:
            if self._is_refusing:
                _reset_when_closed(writer)
                return
            await self._flowing.wait()
            port, upstream = await self._connect()
            self._lines[task] = writer, port
            await self._pass_on((reader, writer), upstream)
        except OSError:
            _reset_when_closed(writer)
        except asyncio.CancelledError:
            # `cut`, or the end of the loop; asyncio would log it as an error of this callback.
            pass
        finally:
            del self._lines[task]
            writer.transport.abort()

    async def _connect(self) -> tuple[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        turn = next(self._turn)
        count = len(self.upstreams)
        for offset in range(count):
            port = self.upstreams[(turn + offset) % count]
            with contextlib.suppress(OSError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    return port, await asyncio.open_connection(self._host, port)
        raise ConnectionRefusedError

    async def _pass_on(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        tamper = self._tamper() if self._tamper else None
        both = [
            asyncio.create_task(self._pump(client[0], upstream[1])),
            asyncio.create_task(self._pump_down(upstream[0], client[1], tamper)),
        ]
        try:
            await asyncio.wait(both)
        finally:
            # Before anything is awaited: `cut` may come a second time.
            upstream[1].transport.abort()
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass on until the source ends; then say so, and let the other direction finish."""
        try:
            while chunk := await source.read(CHUNK_BYTES):
                await self._write(chunk, target)
            target.write_eof()
        except OSError:
            # One half is gone: so is the line.
            target.transport.abort()

    async def _pump_down(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, tamper: Tamper | None
    ) -> None:
        """The same of what the upstream says: tampered with, and as slowly as wanted."""
        try:
            while chunk := await source.read(self._bytes_at_once()):
                await self._write_slowly(tamper(chunk) if tamper is not None else chunk, target)
            target.write_eof()
        except OSError:
            target.transport.abort()

    async def _write_slowly(self, chunk: bytes, target: asyncio.StreamWriter) -> None:
        """In slices: how slow may change while a chunk is awaited."""
        while chunk and self._bytes_per_second:
            count = self._bytes_at_once()
            await self._write(chunk[:count], target)
            await asyncio.sleep(count / self._bytes_per_second)
            chunk = chunk[count:]
        if chunk:
            await self._write(chunk, target)

    async def _write(self, chunk: bytes, target: asyncio.StreamWriter) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._flowing.wait()
        target.write(chunk)
        await target.drain()

    def _bytes_at_once(self) -> int:
        if self._bytes_per_second is None:
            return CHUNK_BYTES
        return max(1, min(CHUNK_BYTES, self._bytes_per_second // SLICES_PER_SECOND))


def _reset_when_closed(writer: asyncio.StreamWriter) -> None:
    """Make the close a reset, as of a line that breaks, not an orderly end."""
    end: socket.socket | None = writer.get_extra_info("socket")
    # None: uvloop has closed it already, since the client reset it; its line is being taken down.
    if end is not None:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
