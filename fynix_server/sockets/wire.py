"""Frames as bytes: encoded once for however many sockets, and written together.

The server of `fynix serve` takes such bytes by an extension of ASGI of its own
(fynix_cli/serving/websockets.py). Under any other, each frame goes through the framework.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

from quart import Websocket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Ping, TextMessage

RAW_SOCKET = "fynix.websocket"
"""Among a scope's `extensions`: a `RawSocket`."""
MAX_WRITE_BYTES = 16 * 1024
"""Of one write, unless a single frame has more: what is joined is a copy until it is gone."""

Frame = str | bytes
"""A text as it is sent, or what is encoded already."""
Send = Callable[[Any], Awaitable[None]]
Take = Callable[[str | bytes], Awaitable[None]]
Parts = Callable[[Sequence[Frame]], Iterable[tuple[Any, int]]]
# Only told to send whole, uncompressed messages, for which it keeps no state.
_FRAMER = Connection(ConnectionType.SERVER)
PING = _FRAMER.send(Ping())
"""Only for a `RawSocket`: any other server pings by itself."""


class RawSocket(Protocol):
    """One WebSocket without the framework between.

    `take`: who is given what the client says, and may let the line wait.
    """

    take: Take | None

    async def write(self, frames: bytes) -> None:
        """Write whole frames; nothing once the socket is closing."""


def raw_socket(scope: Any) -> RawSocket | None:
    """What the server offers beyond ASGI; None where it is another."""
    return cast(RawSocket | None, (scope.get("extensions") or {}).get(RAW_SOCKET))


def wire_of(websocket: Websocket) -> tuple[Send, Parts]:
    """How to write to an accepted socket: by what function, and of what parts, each with the
    number of frames that it is."""
    raw = raw_socket(websocket.scope)
    if raw is None:
        return websocket.send, _one_by_one
    return raw.write, _joined


def _one_by_one(frames: Sequence[Frame]) -> Iterator[tuple[Frame, int]]:
    return ((frame, 1) for frame in frames)


def _joined(frames: Sequence[Frame]) -> Iterator[tuple[bytes, int]]:
    waiting: list[bytes] = []
    size = 0
    for frame in frames:
        encoded = frame if isinstance(frame, bytes) else _encode(frame)
        if waiting and size + len(encoded) > MAX_WRITE_BYTES:
            yield b"".join(waiting), len(waiting)
            waiting, size = [], 0
        waiting.append(encoded)
        size += len(encoded)
    if waiting:
        yield b"".join(waiting), len(waiting)


@lru_cache(maxsize=64)
def _encode(frame: str) -> bytes:
    """A text message of RFC 6455, as a server sends it. Its recipients follow at once."""
    return _FRAMER.send(TextMessage(data=frame))
