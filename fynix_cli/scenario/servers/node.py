"""One private server, in a process of its own that its owner moves in time, breaks and kills.

What it obeys comes through a pipe that only the process which started it holds. `fynix serve`
knows nothing of it: no route, frame, signal or setting of a server reaches this.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fynix_cli.errors import CommandError
from fynix_cli.scenario.servers.node_plan import DONE, FAILED, READY, NodePlan, is_setting
from fynix_cli.serving.instance import loop_factory, serve_app
from fynix_cli.serving.listening import listen
from fynix_server.app import create_app
from fynix_server.clock import utc_now
from fynix_server.resources import Resources
from fynix_server.settings import Settings, SettingsError, load_settings

QUICK_HASH_KIB = 512
"""Scenarios make many accounts; what a hash costs is not what they look at."""


class _Clock:
    """The system's time, and so much later as it was told to be."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def run_node(control: Connection, plan: NodePlan) -> None:
    """Serve until told to stop, or until whoever holds the other end of `control` is gone."""
    _write_to(plan.log)
    _forget_environment()
    try:
        settings = _private(load_settings(**plan.overrides))
        listener = listen("127.0.0.1", plan.port)
    except (SettingsError, CommandError) as error:
        control.send((FAILED, str(error)))
        return
    port = listener.getsockname()[1]
    clock = _Clock()

    async def serve() -> None:
        app = create_app(settings, clock)
        stopping = asyncio.Event()
        orders = _Orders(control, clock, stopping, lambda: app.extensions["resources"])

        def ready() -> None:
            control.send((READY, port))
            orders.obey_from_now_on()

        await serve_app(app, settings, listener, ready, stopping.wait)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve())


def run_migrations(control: Connection, plan: NodePlan) -> None:
    """Bring the database of `plan` up to date."""
    from fynix_server.maintenance.schema import upgrade
    from fynix_server.maintenance.schema_errors import SchemaError

    _write_to(plan.log)
    _forget_environment()
    try:
        asyncio.run(upgrade(load_settings(**plan.overrides)))
    except (SettingsError, SchemaError) as error:
        control.send((FAILED, str(error)))
    else:
        control.send((DONE, None))


class _Orders:
    """Does what comes through the pipe, on the server's own loop."""

    def __init__(
        self,
        control: Connection,
        clock: _Clock,
        stopping: asyncio.Event,
        resources: Callable[[], Resources],
    ) -> None:
        self._control = control
        self._clock = clock
        self._stopping = stopping
        self._resources = resources
        self._loop = asyncio.get_running_loop()

    def obey_from_now_on(self) -> None:
        threading.Thread(target=self._read, daemon=True, name="orders").start()

    def _read(self) -> None:
        try:
            while True:
                order, value = self._control.recv()
                self._loop.call_soon_threadsafe(self._obey, order, value)
        except (EOFError, OSError):
            # Whoever started this is gone, however it ended: nothing may be left behind.
            os._exit(1)

    def _obey(self, order: str, value: Any) -> None:
        if order == "advance":
            self._clock.ahead += timedelta(seconds=value)
        elif order == "redis":
            # fakeredis then fails as a Redis does that has gone.
            pool = self._resources().redis.connection_pool
            pool.connection_kwargs["server"].connected = value
        elif order == "stop":
            self._stopping.set()
        self._control.send((DONE, None))


def _private(settings: Settings) -> Settings:
    # These servers have quick hashes and a clock that others move: never where it counts.
    if settings.env == "production":
        raise SettingsError("FYNIX_ENV: a scenario's server is never a production server")
    return settings.model_copy(update={"password_hash_memory_kib": QUICK_HASH_KIB})


def _write_to(log: Path) -> None:
    """Send all that this process says to the file `log`."""
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (descriptor, 1), (descriptor, 2)):
        os.dup2(source, target)
    os.close(descriptor)
    os.close(nothing)


def _forget_environment() -> None:
    for name in list(os.environ):
        if is_setting(name):
            del os.environ[name]
