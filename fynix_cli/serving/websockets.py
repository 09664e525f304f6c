"""WebSockets of Hypercorn that also take frames as bytes, and hand over what they receive at once.

Else each frame is encoded anew for each of its recipients, and passes through eight calls, which
is most of what a message costs; and one that arrives passes through two queues and a task.
See docs/decisions/0021-frames-as-bytes.md and 0024-frames-handed-over.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.protocol import h2, h11
from hypercorn.protocol.events import Data, Event, Request
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import ConnectionState

from fynix_cli.serving.tcp_lines import Line
from fynix_server.sockets.wire import RAW_SOCKET, Take


def prepare_websockets() -> None:
    """Offer `RAW_SOCKET` to the application, on every WebSocket.

    As in tcp_lines.py: Hypercorn offers no way but to put the class in place of its own.
    """
    for protocol in (h11, h2):
        protocol.WSStream = _Socket  # type: ignore[attr-defined]


def _line_of(send: Any) -> Line | None:
    """The connection that this socket has for itself, as with HTTP/1 after the handshake: what
    Hypercorn does with a frame on its way there is as much work as the system's own."""
    protocol = getattr(send, "__self__", None)
    if not isinstance(protocol, h11.H11Protocol):
        return None
    line = getattr(protocol.send, "__self__", None)
    return line if isinstance(line, Line) else None


class _Socket(WSStream):
    """A `RawSocket` of fynix_server/sockets/wire.py."""

    take: Take | None = None
    _line: Line | None = None
    _to_application: Callable[[Any], Awaitable[None]]

    async def handle(self, event: Event) -> None:
        await super().handle(event)
        # The application's task exists, and has not begun.
        if isinstance(event, Request) and self.app_put is not None:
            self._to_application, self.app_put = self.app_put, self._hand_over
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[RAW_SOCKET] = self
            self._line = _line_of(self.send)

    async def _hand_over(self, event: Any) -> None:
        if self.take is not None and event["type"] == "websocket.receive":
            text: str | None = event["text"]
            await self.take(event["bytes"] if text is None else text)
        else:
            await self._to_application(event)

    async def write(self, frames: bytes) -> None:
        """Write them, unless this socket is closing: as its `app_send` would."""
        if self.closed or self.state is not ASGIWebsocketState.CONNECTED:
            return
        if self.connection.state is not ConnectionState.OPEN:
            return
        if self._line is not None:
            await self._line.write(frames)
        else:
            await self.send(Data(stream_id=self.stream_id, data=frames))
