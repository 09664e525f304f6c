"""Requests that are answered before they were read to their end: a missing token, a bad path.

Hypercorn closes the connection of such a request once the answer is out, without a word in the
answer; a client that keeps connections then loses the next request that it has put on it.
"""

import asyncio
import contextlib

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

REST_OF_BODY_SECONDS = 5.0
"""How long an answer waits for the end of its request. Nothing of it is kept meanwhile."""


class ReadToEnd:
    """Holds an answer back until its request has come whole, or tells that the line will close."""

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        ended = asyncio.Event()

        async def noting_the_end() -> ASGIReceiveEvent:
            event = await receive()
            # Or it is a disconnect, after which nothing comes either.
            if not event.get("more_body"):
                ended.set()
            return event

        async def at_the_end(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start" and not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REST_OF_BODY_SECONDS):
                        await ended.wait()
                # HTTP/2 has no such header: there it is the stream that ends.
                if not ended.is_set() and scope["http_version"] == "1.1":
                    event["headers"] = [*event["headers"], (b"connection", b"close")]
            await send(event)

        await self._app(scope, noting_the_end, at_the_end)
