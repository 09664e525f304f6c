"""A device's live line: opening it, and what comes through it into the device's buffer."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from fynix_cli.client.server_url import is_local, socket_url
from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.playing.frame_buffer import Frame
from fynix_server.protocol.frames import SUBPROTOCOL

NO_STATUS = 1006


class LineRefused(Exception):
    """No line could be opened. `status`: what the handshake was answered, None: nothing."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class LineTarget:
    """Where a line goes. `via`: a loopback port through which it is led; None: straight."""

    url: str
    token: str
    is_plain: bool
    via: int | None = None


class LiveLine:
    """An open line. Frames go to `on_frame` as they come; its end is the frame `closed`."""

    def __init__(self, connection: ClientConnection, on_frame: Callable[[Frame], None]) -> None:
        self._connection = connection
        self._on_frame = on_frame
        self.is_open = True
        self._heard = asyncio.create_task(self._read())

    async def send(self, text: str) -> None:
        # That it has closed meanwhile is told by the frame `closed`.
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(text)

    async def close(self) -> None:
        """End it in order; returns when it is closed."""
        await self._connection.close()
        await self._heard

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                self._on_frame(_decoded(text))
        except ConnectionClosed:
            pass
        self.is_open = False
        code = self._connection.close_code or NO_STATUS
        reason = self._connection.close_reason or ""
        self._on_frame({"type": CLOSED, "code": code, "reason": reason})


async def open_line(
    target: LineTarget, on_frame: Callable[[Frame], None], within: float
) -> LiveLine:
    """Raises: LineRefused."""
    led: dict[str, Any] = {}
    if target.via is not None:
        led = {"host": "127.0.0.1", "port": target.via}
    began = time.monotonic()
    try:
        connection = await connect(
            socket_url(target.url),
            subprotocols=None if target.is_plain else [Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {target.token}"},
            open_timeout=within,
            close_timeout=1.0,
            max_size=None,
            ping_interval=None,
            proxy=None if is_local(target.url) or led else True,
            **led,
        )
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        raise LineRefused(f"the handshake was answered {status}", status) from refusal
    except TimeoutError:
        waited = time.monotonic() - began
        raise LineRefused(f"no answer to the handshake within {waited:.1f} s") from None
    except (InvalidHandshake, OSError, EOFError) as error:
        raise LineRefused(str(error) or type(error).__name__) from error
    return LiveLine(connection, on_frame)


def _decoded(text: str | bytes) -> Frame:
    try:
        frame: Any = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    # Not to be thrown away: that a server sends such a thing is worth seeing.
    return frame if isinstance(frame, dict) else {"type": "unreadable", "text": str(text)}
