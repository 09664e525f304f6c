"""HTTP/2 connections that outlive what a client says amiss of one of their requests.

Else a stream that is unknown, or a head that cannot be read, ends all the others of its connection,
and stands in the log as a mistake of the server.
"""

from typing import Any

from h2.errors import ErrorCodes
from h2.events import PriorityUpdated, RequestReceived
from hypercorn import protocol
from hypercorn.protocol.events import Event
from hypercorn.protocol.h2 import H2Protocol


def prepare_http2() -> None:
    """As in tcp_lines.py: Hypercorn offers no way but to put the class in place of its own."""
    protocol.H2Protocol = _Connection  # type: ignore[attr-defined,assignment]  # see above


class _Ended:
    """A request that was answered, perhaps before it had come whole: what comes is thrown away."""

    async def handle(self, event: Event) -> None:
        pass


class _Streams(dict[int, Any]):
    def __missing__(self, stream_id: int) -> _Ended:
        # Whoever is answered early may still be sending: RFC 9113, section 8.1.
        return _ENDED


class _Connection(H2Protocol):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.streams = _Streams()

    async def _create_stream(self, request: RequestReceived) -> None:
        pseudo_headers = dict(request.headers or ())
        path = pseudo_headers.get(b":path")
        if path is None or not path.isascii() or not pseudo_headers[b":method"].isascii():
            self.connection.reset_stream(request.stream_id, ErrorCodes.PROTOCOL_ERROR)
        else:
            await super()._create_stream(request)

    async def _priority_updated(self, event: PriorityUpdated) -> None:
        # RFC 9113, section 5.3.2, takes them back. Hypercorn keeps each, and fails past 1000.
        pass


_ENDED = _Ended()
