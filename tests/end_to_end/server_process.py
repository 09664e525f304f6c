"""`fynix serve` as a process of its own, and other `fynix` commands beside it."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fynix_cli.stack.process import free_port

DEADLINE_SECONDS = 40.0
MAIN = (sys.executable, "-c", "from fynix_cli.main import main; main()")
QUICK_HASHES = {"FYNIX_PASSWORD_HASH_MEMORY_KIB": "8192", "FYNIX_PASSWORD_HASH_PASSES": "1"}


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of commands whose data and logins stay in `folder`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FYNIX_") and name not in ("DATABASE_URL", "REDIS_URL")
    }
    own = {"FYNIX_DATA_DIR": str(folder / "data"), "FYNIX_CONFIG_DIR": str(folder / "config")}
    return kept | own | QUICK_HASHES | more


async def fynix(env: Mapping[str, str], *arguments: str) -> Finished:
    """Run one command to its end."""
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *arguments,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    return Finished(process.returncode or 0, out.decode(), err.decode())


class ServerProcess:
    """A server that has said that it is ready."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log: list[str] = []
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, env: Mapping[str, str], *arguments: str, port: int | None = None
    ) -> "ServerProcess":
        """Start it on `port` (None: a free one) and wait until it is ready.

        Raises: AssertionError (it ended first, or took too long), with what it said.
        """
        port = port or free_port()
        process = await asyncio.create_subprocess_exec(
            *MAIN,
            *("serve", "--port", str(port), *arguments),
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        server = cls(process, port)
        ready = asyncio.create_task(server._ready.wait())
        await asyncio.wait(
            {ready, server._reading},
            timeout=DEADLINE_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not ready.done():
            ready.cancel()
            await server.kill()
            raise AssertionError(f"it does not start: {server.log}")
        return server

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.log.append(line.decode().rstrip("\n"))
            if "Fynix is ready on" in self.log[-1]:
                self._ready.set()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(DEADLINE_SECONDS):
            code = await self.process.wait()
            await self._reading
        return code

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading
