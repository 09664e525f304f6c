"""The application on a real socket, in the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from fynix_cli.serving.http2 import prepare_http2
from fynix_cli.serving.tcp_lines import prepare_lines
from fynix_cli.serving.websockets import prepare_websockets
from fynix_server.protocol.fields import MAX_FRAME_BYTES

START_SECONDS = 15.0


@asynccontextmanager
async def run_app(app: Quart) -> AsyncIterator[str]:
    """Serve `app` on a free loopback port; its URL. Shuts it down in order at the end."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # so that nobody is refused before the server accepts
    port = listener.getsockname()[1]
    prepare_lines(listener)  # all as `fynix serve` does
    prepare_websockets()
    prepare_http2()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # theirs to close
    config.websocket_max_message_size = MAX_FRAME_BYTES
    config.graceful_timeout = 1
    config.errorlog = None
    started, stop = asyncio.Event(), asyncio.Event()

    @app.before_serving
    async def _note_start() -> None:
        started.set()

    serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    waiting = asyncio.create_task(started.wait())
    done, _ = await asyncio.wait(
        {serving, waiting}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    if waiting not in done:
        waiting.cancel()
        await serving  # raises what kept it from starting
        raise TimeoutError("the server did not start")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await serving
