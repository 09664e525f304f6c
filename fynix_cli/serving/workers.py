"""Several processes behind one port, and their parent, which serves nobody itself."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping

from fynix_cli.output import talk
from fynix_cli.serving.worker import READY
from fynix_server.settings import Settings

Process = asyncio.subprocess.Process

KILL_AFTER_SECONDS = 15
"""Past `shutdown_seconds`: what leaving takes beside the waiting."""


def run_workers(
    settings: Settings,
    listener: socket.socket,
    environment: Mapping[str, str],
    on_ready: Callable[[], None],
) -> bool:
    """Serve with `settings.workers` processes until SIGTERM or SIGINT.

    `on_ready` is called once all of them accept. None is replaced: should one end by itself, all
    are stopped and the answer is False, so that whoever supervises this process sees it.
    """
    return asyncio.run(_supervise(settings, listener, environment, on_ready))


async def _supervise(
    settings: Settings,
    listener: socket.socket,
    environment: Mapping[str, str],
    on_ready: Callable[[], None],
) -> bool:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    processes = [await _start(listener, environment) for _ in range(settings.workers)]
    starting = asyncio.create_task(_announce(processes, on_ready))
    stopping = asyncio.create_task(asked.wait())
    exits = [asyncio.create_task(process.wait()) for process in processes]
    try:
        await asyncio.wait([stopping, *exits], return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set():
            _tell_which_ended(processes)
        return asked.is_set()
    finally:
        starting.cancel()
        stopping.cancel()
        await _stop(processes, settings.shutdown_seconds + KILL_AFTER_SECONDS)


async def _start(listener: socket.socket, environment: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fynix_cli.serving.worker",
        str(listener.fileno()),
        pass_fds=[listener.fileno()],
        env={**os.environ, **environment},
        # Closes when this process ends, however it ends: then the worker leaves too.
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C in the terminal is for this process, which then asks the workers.
        start_new_session=True,
    )


async def _announce(processes: list[Process], on_ready: Callable[[], None]) -> None:
    for process in processes:
        if process.stdout is None or await process.stdout.readline() != READY:
            return
    on_ready()


def _tell_which_ended(processes: list[Process]) -> None:
    for process in processes:
        if process.returncode is not None:
            talk(f"fynix: worker {process.pid} ended ({process.returncode}); stopping the others")


async def _stop(processes: list[Process], seconds: float) -> None:
    running = [process for process in processes if process.returncode is None]
    for process in running:
        process.terminate()
    try:
        async with asyncio.timeout(seconds):
            for process in running:
                await process.wait()
    except TimeoutError:
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()
