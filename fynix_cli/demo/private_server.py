"""A server for the length of a demo: its data in a temporary folder, gone with it."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fynix_cli.errors import CommandError
from fynix_cli.serving.listening import listen, url_of
from fynix_cli.serving.opening import prepare_schema
from fynix_server.settings import environment_name, load_settings

Process = asyncio.subprocess.Process

START_SECONDS = 60.0
STOP_SECONDS = 15.0
HOST = "127.0.0.1"


@dataclass(frozen=True)
class PrivateServer:
    """A server that accepts. `log` is what it has said."""

    url: str
    process: Process
    log: Path


@asynccontextmanager
async def private_server() -> AsyncIterator[PrivateServer]:
    """A server on SQLite and a free port; ended, and its folder removed, at the end.

    Raises: CommandError (it does not start), SettingsError.
    """
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="fynix-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        overrides = _overrides(folder)
        await prepare_schema(load_settings(**overrides), is_private=True)
        with listen(HOST, 0) as listener:
            url, log = url_of(listener, HOST), folder / "log"
            process = await _start(listener.fileno(), overrides, log)
        stack.push_async_callback(_stop, process)
        await _until_ready(process, log)
        yield PrivateServer(url, process, log)


def _overrides(folder: Path) -> dict[str, Any]:
    """Settings that are as the demo needs them, whatever this shell says of a server."""
    return {
        "data_dir": folder,
        "database_url": "",
        "redis_url": "fakeredis://",
        "jwt_secret_key": secrets.token_urlsafe(48),
        "env": "development",
        "workers": 1,
        "metrics_address": "",
        "registration": "open",
        "rate_limits": "on",
        "log_level": "warning",
        "shutdown_seconds": 1,
    }


async def _start(descriptor: int, overrides: dict[str, Any], log: Path) -> Process:
    settings = {environment_name(name): str(value) for name, value in overrides.items()}
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fynix_cli.serving.worker", str(descriptor)),
            pass_fds=[descriptor],
            env={**os.environ, **settings},
            # Closes when this process ends, however it ends: then the server leaves too.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            # Ctrl-C in the terminal is for this process, which then ends the server.
            start_new_session=True,
        )


async def _until_ready(process: Process, log: Path) -> None:
    assert process.stdout is not None  # noqa: S101 - `_start` asks for it
    try:
        async with asyncio.timeout(START_SECONDS):
            is_ready = bool(await process.stdout.readline())
    except TimeoutError:
        is_ready = False
    if not is_ready:
        raise CommandError("the demo's server does not start", hint=last_words(log))


def last_words(log: Path) -> str | None:
    """The end of what a server has said; None: nothing."""
    said = log.read_text(errors="replace").strip().splitlines()[-3:]
    return " / ".join(said) or None


async def _stop(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
