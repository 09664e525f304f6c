"""The servers of a run: real processes, and a proxy on every line between them."""

import asyncio
import random
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from fynix_cli.line_proxy import Proxy
from fynix_cli.stack.postgres import Postgres, start_postgres
from fynix_cli.stack.process import free_port
from fynix_cli.stack.valkey import Valkey, start_valkey
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from tests.end_to_end.server_process import ServerProcess, environment
from tests.faults.bus_faults import BusFaults
from tests.stacks import create_database

DATABASE_TIMEOUT_SECONDS = 3
SECRET = "a-secret-that-only-this-run-uses-0123456789"
RESTART_SECONDS = 0.5
BACK_SECONDS = 60.0
LIMITS = {
    # Reached now and then by who sends, so that refusals are among the answers.
    "FYNIX_RATE_LIMIT_MESSAGES": "14/5",
    "FYNIX_RATE_LIMIT_API": "100000/60",
    "FYNIX_RATE_LIMIT_LOGIN": "100000/60",
    "FYNIX_RATE_LIMIT_WS_CONNECT": "100000/60",
}


class Instance:
    """One `fynix serve`, started again whenever it ends, with its own lines to the services."""

    def __init__(self, env: dict[str, str], lines: tuple[Proxy, Proxy], say: Callable[[str], None]):
        self.port = free_port()
        self.database_line, self.bus_line = lines
        self.deaths: list[str] = []
        self.is_up = asyncio.Event()
        self._env = env
        self._say = say
        self._process: ServerProcess | None = None
        self._is_ending = False

    async def keep_running(self) -> None:
        """Start it, and again after each end, as a supervisor would."""
        while True:
            try:
                self._process = await ServerProcess.start(self._env, port=self.port)
            except AssertionError as error:
                # While the database is away it refuses to start: tried again.
                self._say(f"instance {self.port} not up yet: {str(error)[-120:]}")
                await asyncio.sleep(RESTART_SECONDS)
                continue
            self._is_ending = False
            self.is_up.set()
            code = await self._process.process.wait()
            self.is_up.clear()
            if not self._is_ending:
                self.deaths.append(f"exit {code}: {self._process.log[-5:]}")
            await asyncio.sleep(RESTART_SECONDS)

    async def kill(self) -> None:
        await self._signal(signal.SIGKILL)

    async def leave(self) -> None:
        await self._signal(signal.SIGTERM)

    async def _signal(self, how: signal.Signals) -> None:
        await self.is_up.wait()
        assert self._process is not None
        self._is_ending = True
        self._process.process.send_signal(how)

    async def pause(self, seconds: float) -> None:
        """Stop its clock for a while: its lines stay open, and nothing is answered."""
        await self.is_up.wait()
        assert self._process is not None
        process = self._process.process
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        self._is_ending = True
        if self._process is not None:
            await self._process.kill()


class Cluster:
    """Instances on one Postgres and one Valkey. `clients`: the one address that people use."""

    postgres: Postgres
    valkey: Valkey
    settings: Settings
    """Straight to the database, for the checker."""

    def __init__(self, folder: Path, size: int, seed: int, say: Callable[[str], None]) -> None:
        self.bus_faults = BusFaults(random.Random(f"{seed} bus"))
        self.instances: list[Instance] = []
        self.clients = Proxy()
        self._folder = folder
        self._size = size
        self._say = say
        self._closing = AsyncExitStack()

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self.clients.port}"

    async def start(self) -> None:
        self.postgres = await asyncio.to_thread(start_postgres, self._folder / "postgres")
        self._closing.callback(self.postgres.stop)
        self.valkey = await asyncio.to_thread(start_valkey, self._folder / "valkey")
        self._closing.callback(self.valkey.stop)
        url = await create_database(self.postgres, "torture")
        self.settings = load_settings(
            database_url=url, jwt_secret_key=SECRET, data_dir=self._folder
        )
        await upgrade(self.settings)
        for _ in range(self._size):
            self.instances.append(await self._make_instance(url))
        supervisors = [asyncio.create_task(it.keep_running()) for it in self.instances]
        self._closing.push_async_callback(self._stop_instances, supervisors)
        await self.all_up()
        self.clients.upstreams = [it.port for it in self.instances]
        await self._run_proxy(self.clients)

    async def _make_instance(self, url: str) -> Instance:
        database_line = await self._run_proxy(Proxy(self.postgres.port))
        bus_line = await self._run_proxy(Proxy(self.valkey.port, tamper=self.bus_faults.line))
        redis_url = self.valkey.url()
        env = environment(
            self._folder,
            DATABASE_URL=url.replace(f":{self.postgres.port}/", f":{database_line.port}/"),
            REDIS_URL=redis_url.replace(f":{self.valkey.port}/", f":{bus_line.port}/"),
            JWT_SECRET_KEY=SECRET,
            JWT_EXPIRE_MINUTES="600",
            FYNIX_DATABASE_TIMEOUT_SECONDS=str(DATABASE_TIMEOUT_SECONDS),
            FYNIX_LOG_LEVEL="warning",
            **LIMITS,
        )
        return Instance(env, (database_line, bus_line), self._say)

    async def _run_proxy(self, proxy: Proxy) -> Proxy:
        await proxy.start()
        self._closing.push_async_callback(proxy.close)
        return proxy

    async def all_up(self) -> None:
        """Return once every instance serves."""
        async with asyncio.timeout(BACK_SECONDS):
            await asyncio.gather(*(it.is_up.wait() for it in self.instances))

    @property
    def deaths(self) -> list[str]:
        """Ends of instances that nobody had asked for."""
        return [f"instance {it.port}: {death}" for it in self.instances for death in it.deaths]

    async def _stop_instances(self, supervisors: list[asyncio.Task[None]]) -> None:
        for supervisor in supervisors:
            supervisor.cancel()
        await asyncio.gather(*(it.stop() for it in self.instances))

    async def close(self) -> None:
        await self._closing.aclose()
