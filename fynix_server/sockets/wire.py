"""Frames as bytes: encoded once for however many sockets, and written together.

The server of `fynix serve` takes such bytes by an extension of ASGI of its own
(fynix_cli/serving/websockets.py). Under any other, each frame goes through the framework.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from quart import Websocket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

SEND_FRAMES = "fynix.websocket.send_frames"
"""Among a scope's `extensions`: a function that writes whole frames, given as bytes."""
MAX_WRITE_BYTES = 16 * 1024
"""Of one write, unless a single frame has more: what is joined is a copy until it is gone."""

Send = Callable[[Any], Awaitable[None]]
Parts = Callable[[Sequence[str]], Iterable[tuple[Any, int]]]
# Only told to send whole, uncompressed messages, for which it keeps no state.
_FRAMER = Connection(ConnectionType.SERVER)


def wire_of(websocket: Websocket) -> tuple[Send, Parts]:
    """How to write to an accepted socket: by what function, and of what parts, each with the
    number of frames that it is."""
    extensions: Mapping[str, Any] = websocket.scope.get("extensions") or {}
    if SEND_FRAMES not in extensions:
        return websocket.send, _one_by_one
    return extensions[SEND_FRAMES], _joined


def _one_by_one(frames: Sequence[str]) -> Iterator[tuple[str, int]]:
    return ((frame, 1) for frame in frames)


def _joined(frames: Sequence[str]) -> Iterator[tuple[bytes, int]]:
    waiting: list[bytes] = []
    size = 0
    for frame in frames:
        encoded = _encode(frame)
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
