"""The server that is measured: one started for the run, or one that runs already."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from fynix_cli.client.server_url import checked_server, is_local
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.exit_codes import ExitCode
from fynix_cli.stack.process import free_port

START_SECONDS = 60.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.02
SERVE = (sys.executable, "-c", "from fynix_cli.main import main; main()", "serve")
# Limits are on, as they are in earnest, and so high that a benchmark does not meet them.
_HIGH_LIMITS = {
    "FYNIX_RATE_LIMIT_MESSAGES": "100000000/60",
    "FYNIX_RATE_LIMIT_API": "100000000/60",
    "FYNIX_RATE_LIMIT_WS_CONNECT": "100000000/60",
    "FYNIX_WS_FRAMES_PER_SECOND": "1000000",
}
_SETTINGS = {
    # Everybody comes from one address here.
    "FYNIX_RATE_LIMIT_LOGIN": "100000000/60",
    "FYNIX_PASSWORD_HASH_MEMORY_KIB": "8192",
    "FYNIX_PASSWORD_HASH_PASSES": "1",
    "FYNIX_LOG_LEVEL": "warning",
}


@dataclass(frozen=True)
class ServerOptions:
    """Which server: the one at the URL `server`; None: one is started, with `stack` and `workers`,
    on core `cpu`, once `prepare` is done with its folder. `has_usual_limits`: those of people are
    as they are by default."""

    server: str | None = None
    stack: str | None = "embedded"
    workers: int | None = 1
    cpu: int | None = None
    prepare: Callable[[Path], Awaitable[None]] | None = None
    has_usual_limits: bool = False


class BenchServer:
    """A server under measurement. `root` None: it is not on this machine, or cannot be found."""

    def __init__(self, url: str, root: psutil.Process | None) -> None:
        self.url = url
        self._root = root

    @property
    def is_measurable(self) -> bool:
        return self._root is not None

    def cpu_seconds(self) -> float:
        """User and system time of the server and all it has started, so far.

        With that of children which have ended, as Postgres's do, where the system keeps it.
        Raises: Unreachable (the server has ended).
        """
        return sum(self._of_each(lambda it: sum(it.cpu_times()[:4])))

    def resident_bytes(self) -> int:
        """Memory shared between processes counts in each. Raises: Unreachable."""
        return int(sum(self._of_each(lambda it: it.memory_info().rss)))

    def _of_each(self, look: Callable[[psutil.Process], float]) -> list[float]:
        if self._root is None:
            return []
        found = []
        try:
            for child in self._root.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
                    found.append(look(child))
            # Last, so that what a child used that ended meanwhile is in its parent's figures.
            return [*found, look(self._root)]
        except psutil.NoSuchProcess:
            raise Unreachable("the server has ended under way") from None


@asynccontextmanager
async def bench_server(options: ServerOptions) -> AsyncIterator[BenchServer]:
    """The server of `options`, ready; one that was started is ended and leaves nothing behind.

    Raises: Unreachable, CommandError (it does not start, or cannot be kept on that core).
    """
    if options.server is not None:
        server = BenchServer(checked_server(options.server), _listener_of(options.server))
        async with _client_of(server.url) as client:
            if not await _is_ready(client):
                raise Unreachable(f"no server is ready at {server.url}")
        yield server
        return
    _keep_off(options.cpu)
    with tempfile.TemporaryDirectory(prefix="fynix-bench-") as folder:
        if options.prepare is not None:
            await options.prepare(Path(folder))
        async with _started(options, Path(folder)) as server:
            yield server


@asynccontextmanager
async def _started(options: ServerOptions, folder: Path) -> AsyncIterator[BenchServer]:
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *SERVE,
            *("--port", str(port), "--stack", str(options.stack)),
            *("--workers", str(options.workers)),
            env=environment(folder) | ({} if options.has_usual_limits else _HIGH_LIMITS),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us; we end it in order
        )
    try:
        root = psutil.Process(process.pid)
        if options.cpu is not None:
            root.cpu_affinity([options.cpu])
        url = f"http://127.0.0.1:{port}"
        await _until_ready(url, process, log)
        yield BenchServer(url, root)
    finally:
        await _end(process)


def environment(folder: Path) -> dict[str, str]:
    """Of a server whose data is in `folder`, untouched by settings of this shell's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FYNIX_") and name not in ("DATABASE_URL", "REDIS_URL")
    }
    return kept | _SETTINGS | {"FYNIX_DATA_DIR": str(folder / "data")}


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS), _client_of(url) as client:
            while process.returncode is None:
                if await _is_ready(client):
                    return
                await asyncio.sleep(LOOK_SECONDS)
    raise CommandError("the server to measure did not start", hint=_last_words(log))


def _last_words(log: Path) -> str | None:
    said = log.read_text(errors="replace").strip().splitlines()[-3:]
    return " / ".join(said) or None


def _client_of(url: str) -> httpx.AsyncClient:
    # One for all the looks: making one takes longer than a look.
    return httpx.AsyncClient(base_url=url, trust_env=not is_local(url), timeout=5.0)


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _keep_off(cpu: int | None) -> None:
    """Keep this process, which makes the load, off the server's core."""
    if cpu is None:
        return
    here = psutil.Process()
    if not hasattr(here, "cpu_affinity"):
        raise CommandError("this system cannot keep a process on a core", hint="leave out --cpu")
    others = set(here.cpu_affinity()) - {cpu}
    if cpu not in here.cpu_affinity() or not others:
        raise CommandError(
            f"there is no core {cpu} that could be the server's alone",
            hint="leave out --cpu",
            exit_code=ExitCode.USAGE,
        )
    here.cpu_affinity(sorted(others))


def _listener_of(url: str) -> psutil.Process | None:
    """The process on this machine that listens where `url` says; of workers, their parent."""
    parts = urlsplit(url)
    if not is_local(url):
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(
                it.status == psutil.CONN_LISTEN and it.laddr.port == port
                for it in process.net_connections(kind="tcp")
            ):
                return process
    return None
