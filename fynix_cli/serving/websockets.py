"""WebSockets of Hypercorn that also take frames as bytes, several in one write.

Else each frame is encoded anew for each of its recipients, and passes through eight calls, which
is most of what a message costs. See docs/decisions/0021-frames-as-bytes.md.
"""

from typing import Any

from hypercorn.protocol import h11
from hypercorn.protocol.events import Data
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from hypercorn.typing import ASGISendEvent
from wsproto.connection import ConnectionState

from fynix_server.sockets.wire import SEND_FRAMES


def prepare_websockets() -> None:
    """Offer `SEND_FRAMES` to the application, on every WebSocket over HTTP/1.1.

    As in tcp_lines.py: Hypercorn offers no way but to put the class in place of its own.
    """
    h11.WSStream = _Socket  # type: ignore[attr-defined]


class _Socket(WSStream):
    async def app_send(self, message: ASGISendEvent | None) -> None:
        if message is not None and message["type"] == "websocket.accept":
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[SEND_FRAMES] = self._send_frames
        await super().app_send(message)

    async def _send_frames(self, frames: bytes) -> None:
        """Write them, unless this socket is closing: as its `app_send` would."""
        if self.closed or self.state is not ASGIWebsocketState.CONNECTED:
            return
        if self.connection.state is ConnectionState.OPEN:
            await self.send(Data(stream_id=self.stream_id, data=frames))
