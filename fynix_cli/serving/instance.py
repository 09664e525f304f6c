"""One process that serves: Hypercorn around the application."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from fynix_cli.serving.http2 import prepare_http2
from fynix_cli.serving.tcp_lines import prepare_lines
from fynix_cli.serving.websockets import prepare_websockets
from fynix_server.app import create_app, leave
from fynix_server.protocol.fields import MAX_FRAME_BYTES
from fynix_server.settings import Settings

KEEP_ALIVE_SECONDS = 75.0
"""Longer than the 60 s that proxies keep idle connections: it is they who should close them."""

Wait = Callable[[], Awaitable[object]]


def run_instance(
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[], None],
    until: Wait | None = None,
) -> bool:
    """Serve until SIGTERM or SIGINT, or until `until` returns, and leave in good order.

    `on_ready` is called once connections are accepted. False: a task of the server died, which
    the log tells, and it stopped by itself.
    """

    def ready() -> None:
        # What start-up has made stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        on_ready()

    async def run() -> bool:
        return await serve_app(create_app(settings), settings, listener, ready, until)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run())


async def serve_app(
    app: Quart,
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[], None],
    until: Wait | None = None,
) -> bool:
    """The same, of an application made already, on the loop that runs."""
    signalled = _signalled()
    was_asked = False

    async def serving_ends() -> None:
        # Hypercorn calls this right after it has begun to accept.
        nonlocal was_asked
        on_ready()
        was_asked = await _first(signalled.wait, until, app.extensions["failed"].wait)
        await leave(app)

    await serve(app, _config(settings, listener), shutdown_trigger=serving_ends)
    return was_asked


async def _first(signalled: Wait, until: Wait | None, died: Wait) -> bool:
    """Wait for the first of them, and tell whether it was an asked one: not `died`."""
    asked = [_task(signalled), *([_task(until)] if until else [])]
    dead = _task(died)
    try:
        await asyncio.wait([*asked, dead], return_when=asyncio.FIRST_COMPLETED)
        return any(task.done() for task in asked)
    finally:
        for task in (*asked, dead):
            task.cancel()


def _task(wait: Wait) -> "asyncio.Task[object]":
    async def waited() -> object:
        return await wait()

    work: Coroutine[Any, Any, object] = waited()
    return asyncio.create_task(work)


def _signalled() -> asyncio.Event:
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


def _config(settings: Settings, listener: socket.socket) -> Config:
    config = Config()
    prepare_lines(listener)
    prepare_websockets()
    prepare_http2()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = 2048
    # The application logs requests itself; an access log would repeat tokens of the query.
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.errorlog.setLevel(logging.WARNING)
    config.include_server_header = False
    config.graceful_timeout = settings.shutdown_seconds
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    # The default closes a connection after a thousand requests, under whoever sends the next.
    config.keep_alive_max_requests = 10**9
    # The application's guard pings: a task for each socket would cost more than all else in it.
    config.websocket_ping_interval = None
    # Past it Hypercorn itself closes with 1009.
    config.websocket_max_message_size = MAX_FRAME_BYTES
    return config


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Of the quicker loop, where there is one; None: asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
