"""Where a scenario is played, and what may be done to it."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.servers.forks import NodeGone, NodeProcess, start_node
from fynix_cli.scenario.servers.node_plan import NodePlan, is_setting
from fynix_cli.stack.valkey import Valkey
from fynix_server.settings import environment_name

LOG_LINES = 20
CONNECT_SECONDS = 2.0
_DEFAULTS: dict[str, Any] = {
    "log_level": "warning",
    "log_format": "json",
    "password_hash_memory_kib": 8192,
    "password_hash_passes": 1,
    # Everybody comes from one address here.
    "rate_limit_login": "1000000/60",
}


@dataclass(frozen=True)
class ServerSpec:
    """What a scenario asks of its server. `settings`: by name, on top of the defaults."""

    instances: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


class World(Protocol):
    """A server, or several that are one. `is_private`: what only a private one can, it can."""

    urls: Sequence[str]
    is_private: bool

    async def advance(self, seconds: float) -> None:
        """Move the servers' clocks on."""

    async def set_redis(self, *, is_up: bool) -> None:
        """Take Redis away, or bring it back."""

    async def kill_node(self, number: int) -> None:
        """End an instance as `kill -9` does."""

    async def start_node(self, number: int) -> None:
        """Start it again, at the same address and on the same data."""

    async def is_alive(self) -> bool:
        """Whether every instance runs that should."""

    def environment(self) -> dict[str, str]:
        """Of a `fynix` command that is to act on this server, and on its database."""

    def last_log_lines(self) -> list[str]:
        """What the servers logged last, oldest first."""


class RemoteWorld:
    """A server that runs already, at `url`: nothing but talking can be done to it."""

    is_private = False

    def __init__(self, url: str) -> None:
        self.urls: Sequence[str] = (url,)

    async def advance(self, seconds: float) -> None:
        raise _only_private("the clock of a server")

    async def set_redis(self, *, is_up: bool) -> None:
        raise _only_private("the Redis of a server")

    async def kill_node(self, number: int) -> None:
        raise _only_private("the process of a server")

    async def start_node(self, number: int) -> None:
        raise _only_private("the process of a server")

    async def is_alive(self) -> bool:
        parts = urlsplit(self.urls[0])
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    def environment(self) -> dict[str, str]:
        return {**os.environ, "FYNIX_SERVER": self.urls[0]}

    def last_log_lines(self) -> list[str]:
        return []


class PrivateWorld:
    """Servers of this run's own. `valkey` None: each has its Redis inside."""

    is_private = True

    def __init__(self, plans: Sequence[NodePlan], valkey: Valkey | None) -> None:
        self._plans = list(plans)
        self._valkey = valkey
        self._nodes: list[NodeProcess | None] = [None for _ in plans]
        self._is_redis_up = True
        self._ahead = 0.0
        """How far the clock has been moved: a node that is started again must be told."""
        self.urls: Sequence[str] = ()
        self._password = secrets.token_urlsafe(18)
        """Of the accounts that commands make here, so that they can be logged in to."""

    @property
    def pids(self) -> list[int]:
        """Of the instances that run."""
        return [node.pid for node in self._nodes if node is not None]

    async def open(self) -> None:
        """Raises: CommandError (a server does not start)."""
        await asyncio.gather(*(self.start_node(number) for number in range(len(self._plans))))
        self.urls = tuple(f"http://127.0.0.1:{plan.port}" for plan in self._plans)

    async def advance(self, seconds: float) -> None:
        self._ahead += seconds
        await self._order("advance", seconds)

    async def set_redis(self, *, is_up: bool) -> None:
        if is_up == self._is_redis_up:
            return
        self._is_redis_up = is_up
        if self._valkey is None:
            await self._order("redis", is_up)
        elif is_up:
            # Not in another thread: what it starts would end with that.
            self._valkey.start_again()
        else:
            self._valkey.kill()

    async def kill_node(self, number: int) -> None:
        node, self._nodes[number] = self._nodes[number], None
        if node is not None:
            await node.kill()

    async def start_node(self, number: int) -> None:
        if self._nodes[number] is not None:
            return
        plan = self._plans[number]
        node = await start_node(plan)
        if self._ahead:
            await node.order("advance", self._ahead)
        self._plans[number] = NodePlan(plan.overrides, node.port, plan.log)
        self._nodes[number] = node

    async def is_alive(self) -> bool:
        return all(node is None or node.is_alive for node in self._nodes)

    def environment(self) -> dict[str, str]:
        overrides = self._plans[0].overrides
        own = {environment_name(name): str(value) for name, value in overrides.items()}
        kept = {name: value for name, value in os.environ.items() if not is_setting(name)}
        # Logins of the run are nobody else's.
        config = {"FYNIX_CONFIG_DIR": str(overrides["data_dir"] / "config")}
        login = {"FYNIX_PASSWORD": self._password, "FYNIX_SERVER": self.urls[0]}
        return {**kept, **own, **config, **login}

    def last_log_lines(self) -> list[str]:
        lines = []
        for plan in self._plans:
            if plan.log.exists():
                lines += plan.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return lines

    async def close(self) -> None:
        running = [node for node in self._nodes if node is not None]
        await asyncio.gather(*(node.stop() for node in running))
        if self._valkey is not None:
            await self.set_redis(is_up=True)  # the next scenario's

    async def _order(self, what: str, value: Any) -> None:
        try:
            for node in self._nodes:
                if node is not None:
                    await node.order(what, value)
        except NodeGone:
            said = self.last_log_lines()[-3:]
            raise CommandError(f"a private server has ended: {' / '.join(said)}") from None


@asynccontextmanager
async def private_world(
    plans: Sequence[NodePlan], valkey: Valkey | None = None
) -> AsyncIterator[World]:
    """Servers for as long as the block runs. Raises: CommandError (one does not start)."""
    world = PrivateWorld(plans, valkey)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.close)
        await world.open()
        yield world


def embedded_plan(folder: Path, template: Path, spec: ServerSpec) -> NodePlan:
    """One server on a SQLite file of its own in `folder`, which is made."""
    folder.mkdir()
    shutil.copyfile(template, folder / "fynix.db")
    overrides = {
        **_DEFAULTS,
        "data_dir": folder,
        "jwt_secret_key": secrets.token_urlsafe(48),
        **spec.settings,
    }
    return NodePlan(overrides, 0, folder / "server.log")


def shared_plans(
    folder: Path, database_url: str, redis_url: str, spec: ServerSpec
) -> list[NodePlan]:
    """As many servers as wanted, on one Postgres database and one Redis; `folder` is made."""
    folder.mkdir()
    overrides = {
        **_DEFAULTS,
        "data_dir": folder,
        "database_url": database_url,
        "redis_url": redis_url,
        "jwt_secret_key": secrets.token_urlsafe(48),
        **spec.settings,
    }
    return [
        NodePlan(overrides, 0, folder / f"server{number}.log") for number in range(spec.instances)
    ]


def _only_private(what: str) -> CommandError:
    return CommandError(
        f"{what} can be touched only where the server is private",
        hint="leave out --server",
        exit_code=ExitCode.USAGE,
    )
