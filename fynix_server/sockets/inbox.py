"""What a client says: as much of it is kept as may wait, and none is left to block its end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart
from quart.asgi import ASGIWebsocketConnection

MAX_UNREAD_FRAMES = 256
MAX_UNREAD_BYTES = 1024 * 1024
QUIET_SECONDS = 0.5
"""Who has said nothing for so long after the close is taken to have finished."""

Receive = Callable[[], Awaitable[Any]]


class Inbox(asyncio.Queue[str | bytes | None]):
    """Frames that wait to be read. None stands for the first that was one too many."""

    def __init__(self) -> None:
        super().__init__()
        self._unread_bytes = 0
        self._is_overflown = False

    async def put(self, item: str | bytes | None) -> None:
        """Take a frame, or no more of this client: its next ones stay on its side of the line."""
        await super().put(item)
        if self._is_overflown:
            await asyncio.get_running_loop().create_future()

    def _put(self, item: str | bytes | None) -> None:
        if self._is_overflown:
            return
        frame = item or ""  # Quart gives an empty binary frame as None
        self._unread_bytes += len(frame)
        self._is_overflown = (
            self.qsize() >= MAX_UNREAD_FRAMES or self._unread_bytes > MAX_UNREAD_BYTES
        )
        super()._put(None if self._is_overflown else frame)

    def _get(self) -> str | bytes | None:
        frame = super()._get()
        self._unread_bytes -= len(frame or "")
        return frame


class _Connection(ASGIWebsocketConnection):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.queue = Inbox()

    async def __call__(self, receive: Receive, send: Any) -> None:
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
    app.asgi_websocket_class = _Connection
