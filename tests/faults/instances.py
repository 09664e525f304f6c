"""Instances whose lines to their database and their Redis can be broken."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from sqlalchemy.pool import QueuePool

from fynix_cli.line_proxy import Proxy, Tamper
from fynix_server.app import create_app
from fynix_server.settings import Settings
from tests.people import Api, Frame, Live, MovableClock, Person
from tests.running import run_app

Answer = TypeVar("Answer")
Tampers = Callable[[], Tamper]
PATIENCE_SECONDS = 20.0
"""How long a test waits for what ought to take much less."""


class Instance(Api):
    """A running server whose lines to its database and its Redis can be broken."""

    database_line: Proxy
    redis_line: Proxy

    @property
    def has_failed(self) -> bool:
        """Whether one of its tasks has died."""
        return bool(self.app.extensions["failed"].is_set())

    @property
    def busy_connections(self) -> int:
        """How many connections to the database are lent to somebody."""
        pools = [it.pool for it in self.resources.database.engines]
        return sum(it.checkedout() for it in pools if isinstance(it, QueuePool))

    async def ready(self) -> tuple[int, str]:
        """What `/readyz` answers: the status, and in one word how well it is."""
        answer = await self.client.get("/readyz")
        return answer.status_code, answer.json()["status"]

    def person(self, known: Person) -> Person:
        """Somebody with an account, as a client of this instance."""
        client = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_SECONDS)
        self._stack.push_async_callback(client.aclose)
        user = {"id": str(known.user_id), "username": known.username}
        tokens = {"access_token": known.access_token, "refresh_token": known.refresh_token}
        return Person(self, client, {"user": user, **tokens})


class BreaksAt:
    """Once armed, breaks the line on which a server next says `words`, in place of them.

    Silently: the line stays open, and nothing comes through it any more.
    """

    def __init__(self, words: bytes, *, silently: bool = False) -> None:
        self._words = words
        self._silently = silently
        self.is_armed = False

    def line(self) -> Tamper:
        is_dead = False

        def tamper(chunk: bytes, /) -> bytes:
            nonlocal is_dead
            if self.is_armed and self._words in chunk:
                self.is_armed = False
                if not self._silently:
                    raise ConnectionResetError
                is_dead = True
            return b"" if is_dead else chunk

        return tamper


class Cluster:
    """Starts instances on one database and one Redis."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self.instances: list[Instance] = []

    async def start(
        self,
        database_tamper: Tampers | None = None,
        redis_tamper: Tampers | None = None,
        **changes: Any,
    ) -> Instance:
        """One more instance, with lines of its own; `changes` are settings."""
        database_url, database_line = await self._through_proxy(
            self._settings.database_url, database_tamper
        )
        redis_url, redis_line = await self._through_proxy(self._settings.redis_url, redis_tamper)
        settings = self._settings.model_copy(
            update={"database_url": database_url, "redis_url": redis_url, **changes}
        )
        clock = MovableClock()
        app = create_app(settings, clock)
        url = await self._stack.enter_async_context(run_app(app))
        instance = Instance(url, app, clock, self._stack)
        instance.database_line, instance.redis_line = database_line, redis_line
        self.instances.append(instance)
        return instance

    async def _through_proxy(self, url: str | None, tamper: Tampers | None) -> tuple[str, Proxy]:
        assert url is not None
        port = urlsplit(url).port
        assert port is not None
        proxy = Proxy(port, tamper=tamper)
        await proxy.start()
        self._stack.push_async_callback(proxy.close)
        return url.replace(f":{port}/", f":{proxy.port}/"), proxy


async def two_friends(cluster: Cluster) -> tuple[Person, Person, str]:
    """Alice, Bob and their conversation, on the cluster's first instance."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for instance in cluster.instances:
            # On a busy machine the first connection takes longer than the timeouts under test.
            while not await instance.resources.database.answers(PATIENCE_SECONDS):
                pass
    suffix = uuid4().hex[:12]  # the database may have others' from before
    alice, bob = await cluster.instances[0].people(f"alice_{suffix}", f"bob_{suffix}")
    async with asyncio.timeout(PATIENCE_SECONDS):
        # The same goes for what is asked for the first time.
        while (made := await alice.client.post(f"/api/conversations/dm/{bob.user_id}")).is_error:
            assert made.status_code == 503, made.text
    return alice, bob, str(made.json()["id"])


async def send_over(live: Live, conversation_id: str, **more: Any) -> Frame:
    """Send a message over a socket; the `ack` or the `error` that answers it."""
    ref = uuid4().hex
    await live.send(type="send_message", ref=ref, conversation_id=conversation_id, **more)

    def answers() -> list[Frame]:
        return [it for it in live.frames if it["type"] in ("ack", "error") and it["ref"] == ref]

    async def is_answered() -> bool:
        return bool(answers())

    await eventually(is_answered)
    live.frames.remove(answer := answers()[0])
    return answer


async def took(work: Awaitable[Answer]) -> tuple[Answer, float]:
    """What came of it, and after how many seconds."""
    began = time.monotonic()
    return await work, time.monotonic() - began


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> float:
    """Wait until `is_so`; how many seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - of another process, which sets no event
            await asyncio.sleep(0.02)
    return time.monotonic() - began


def tell(what: str, **figures: float) -> None:
    """Print what was measured: figures are for people, tests only hold to generous deadlines."""
    said = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    print(f"\n{what}: {said}")  # noqa: T201


@contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    """As another process would hold the write lock of a SQLite file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
