"""How TCP connections end, and how much they buffer: what Hypercorn leaves to chance."""

import asyncio
import contextlib
import socket

import structlog
from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed

CLOSE_SECONDS = 10.0
"""How long a client may take to fetch what was written before the close."""

UNSENT_BYTES = 128 * 1024
"""What the kernel keeps of a connection beyond what is on its way (as a rule up to 4 MiB)."""

log = structlog.get_logger(__name__)


def prepare_lines(listener: socket.socket) -> None:
    """Make the connections that `listener` accepts end in good time, and buffer little.

    Hypercorn offers no way to use a server class of our own but to put it in place of its own.
    """
    # What is accepted inherits it. A reader that has stopped is noticed the sooner, and costs less.
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    run.TCPServer = Line  # type: ignore[attr-defined]  # not public: see above


class Line(TCPServer):
    """One connection of a client."""

    async def write(self, data: bytes) -> None:
        """Write, as `protocol_send` does with what has passed through the protocol."""
        async with self.send_lock:
            try:
                self.writer.write(data)
                await self.writer.drain()
            except (ConnectionError, RuntimeError):
                await self.protocol.handle(Closed())

    async def _read_data(self) -> None:
        try:
            await super()._read_data()
        except Exception as error:  # the outermost of this line
            # Of a handshake or an upgrade that Hypercorn does not expect: the client has broken
            # HTTP, not the server. Its text may hold headers, and so a token.
            log.info("line_unreadable", reason=type(error).__name__)
            await self.protocol.handle(Closed())
        # The client has gone. Hypercorn waits for this timer, of 75 s, before it closes as well.
        await self.idle_task.stop()

    async def _close(self) -> None:
        # Hypercorn waits until everything is sent: for ever, to a client that takes nothing. It
        # swallows the cancellation that a timeout is; so there is nothing to catch, or little.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await super()._close()
        self.writer.transport.abort()
