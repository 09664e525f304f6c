"""What a client says: as much of it is kept as may wait, and none is left to block its end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart
from quart.asgi import ASGIWebsocketConnection

from fynix_server.sockets.turns import Turns
from fynix_server.sockets.wire import raw_socket

MAX_UNREAD_FRAMES = 256
MAX_UNREAD_BYTES = 1024 * 1024
READ_AFTER_FRAMES = 4
QUIET_SECONDS = 0.5
"""Who has said nothing for so long after the close is taken to have finished."""

Receive = Callable[[], Awaitable[Any]]


class Inbox:
    """Frames that wait to be read. None stands for the first that was one too many.

    As much of `asyncio.Queue` as Quart uses, for one reader: a queue of asyncio's takes 3 KiB.
    """

    __slots__ = ("_end", "_frames", "_is_overflown", "_reader", "_turns", "_unread_bytes")

    def __init__(self, turns: Turns) -> None:
        """`turns`: of all who may have much to say."""
        self._turns = turns
        self._frames: list[str | bytes | None] = []
        self._unread_bytes = 0
        self._is_overflown = False
        self._reader: asyncio.Future[None] | None = None
        self._end: asyncio.Future[None] | None = None
        """Set where whoever brings frames waits, since there was one too many."""

    def __len__(self) -> int:
        return len(self._frames)

    async def put(self, item: str | bytes | None) -> None:
        """Take a frame, or no more of this client until `end`: its next ones stay on its side of
        the line.

        Many small ones may come in a single read of the line, and would fill the inbox before
        anybody looked into it: once some are unread, each gives the reader a turn.
        """
        self.put_nowait(item)
        if self._is_overflown:
            self._end = self._end or asyncio.get_running_loop().create_future()
            await self._end
        elif len(self._frames) >= READ_AFTER_FRAMES:
            await self._turns.take()

    def end(self) -> None:
        """Nobody reads any more: what comes now is dropped, so that the line can be closed."""
        self._is_overflown = True
        self._frames.clear()
        self._end = self._end or asyncio.get_running_loop().create_future()
        if not self._end.done():
            self._end.set_result(None)

    def put_nowait(self, item: str | bytes | None) -> None:
        """Take a frame, unless there was one too many: those after it are dropped."""
        if self._is_overflown:
            return
        frame = item or ""  # Quart gives an empty binary frame as None
        self._unread_bytes += len(frame)
        self._is_overflown = (
            len(self._frames) >= MAX_UNREAD_FRAMES or self._unread_bytes > MAX_UNREAD_BYTES
        )
        self._frames.append(None if self._is_overflown else frame)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> str | bytes | None:
        """The next frame, once it is there.

        Who says much at once takes turns with everybody else.
        """
        if self._frames:
            await self._turns.take()
        while not self._frames:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        frame = self._frames.pop(0)
        self._unread_bytes -= len(frame or "")
        return frame


class _Connection(ASGIWebsocketConnection):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._inbox = Inbox(self.app.extensions["turns"])
        self.queue = self._inbox  # type: ignore[assignment]

    async def __call__(self, receive: Receive, send: Any) -> None:
        raw = raw_socket(self.scope)
        if raw is None:
            await self._through_the_framework(receive, send)
        else:
            raw.take = self._inbox.put
            try:
                await super().__call__(receive, send)
            finally:
                self._inbox.end()

    async def _through_the_framework(self, receive: Receive, send: Any) -> None:
        is_over = False

        async def receive_and_note() -> Any:
            nonlocal is_over
            event = await receive()
            is_over = event["type"] == "websocket.disconnect"
            return event

        try:
            await super().__call__(receive_and_note, send)
        finally:
            if not is_over:
                self.app.add_background_task(_discard, receive)


async def _discard(receive: Receive) -> None:
    """Take what a client says after the close. Hypercorn hands over ten frames and then waits for
    the application to take them, though it has ended: it would never come to close the line."""
    try:
        while True:
            async with asyncio.timeout(QUIET_SECONDS):
                await receive()
    except TimeoutError:
        return


def bound_inboxes(app: Quart) -> None:
    """Make `websocket.receive()` read from an `Inbox`, on every socket of `app`."""
    app.extensions["turns"] = Turns()
    app.asgi_websocket_class = _Connection
