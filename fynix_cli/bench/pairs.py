"""Pairs who talk: as fast as they can, or at a rate."""

import asyncio
import itertools
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from fynix_cli.bench.figures import Latencies, Outcome, costs_of
from fynix_cli.bench.people import Crowd, Somebody, closed, crowd_at, refused, run_for
from fynix_cli.bench.server import BenchServer
from fynix_cli.bench.together import together
from fynix_cli.errors import CommandError
from fynix_cli.output import talk as say

TEXT = "Hello, world! This is a message of an ordinary length."
DRAIN_SECONDS = 10.0
"""How long the last messages may take to arrive, after the time to measure is over."""
_NEW_MESSAGE = '{"type":"new_message"'
_ACK = '{"type":"ack"'
_ERROR = '{"type":"error"'
_KEY = '"client_message_id":"'


@dataclass
class Arrivals:
    """What has come to its readers, over all pairs; timed is what was due from `since` on."""

    since: float = math.inf
    count: int = 0
    latencies: Latencies = field(default_factory=Latencies)

    def note(self, due: float) -> None:
        self.count += 1
        self.time(due)

    def time(self, due: float) -> None:
        if due >= self.since:
            self.latencies.note(time.perf_counter() - due)


class Pair:
    """Two people with a conversation, and a socket each; one writes to the other."""

    def __init__(self, crowd: Crowd, writer: Somebody, arrivals: Arrivals) -> None:
        self._crowd = crowd
        self._writer = writer
        self._arrivals = arrivals
        self._conversation_id = ""
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Event()
        self._key = uuid4().hex[:12]
        self._numbers = itertools.count(1)
        self._unanswered = 0
        self._failure: str | None = None
        self.under_way: dict[str, float] = {}
        """When each message was due that has not come to the other, by its key."""

    @classmethod
    async def meet(
        cls, crowd: Crowd, writer: Somebody, reader: Somebody, arrivals: Arrivals
    ) -> "Pair":
        pair = cls(crowd, writer, arrivals)
        pair._conversation_id = await crowd.begin_dm(writer, reader)
        pair._socket = await crowd.listen(writer, pair._hear_answer)
        await crowd.listen(reader, pair._hear_message)
        return pair

    def _hear_answer(self, frame: str) -> None:
        if frame.startswith(_ACK):
            self._unanswered -= 1
        elif frame.startswith(_ERROR):
            self._failure = frame
        self._changed.set()

    def _hear_message(self, frame: str) -> None:
        if not frame.startswith(_NEW_MESSAGE):
            return
        # By its key, not its place: two requests under way at once may arrive either way round.
        began = frame.index(_KEY) + len(_KEY)
        due = self.under_way.pop(frame[began : frame.index('"', began)], None)
        if due is not None:
            self._arrivals.note(due)
            self._changed.set()

    async def send(self, via: str, due: float | None = None) -> None:
        """Write once; latency counts from `due`, or from now.

        Raises: CommandError (the server refuses this or an earlier one, or has gone).
        """
        self._check()
        now = time.perf_counter()
        key = f"{self._key}-{next(self._numbers)}"
        # The event loop's clock may wake us up to a millisecond early; that is no merit.
        self.under_way[key] = now if due is None else min(due, now)
        self._unanswered += 1
        await (self._post(key) if via == "rest" else self._say(key))

    async def _post(self, key: str) -> None:
        path = f"/api/conversations/{self._conversation_id}/messages"
        body = {"content": TEXT, "client_message_id": key}
        await self._crowd.post(path, body, self._writer)
        self._unanswered -= 1
        self._changed.set()

    async def _say(self, key: str) -> None:
        assert self._socket is not None  # noqa: S101 - `meet` opened it
        frame = {
            "type": "send_message",
            "ref": key,
            "conversation_id": self._conversation_id,
            "content": TEXT,
            "client_message_id": key,
        }
        try:
            await self._socket.send(json.dumps(frame))
        except ConnectionClosed:
            raise closed(self._socket) from None

    async def until_arrived(self) -> None:
        """Return once all that was sent is answered, and has come to the other.

        Raises: CommandError (the server has refused one).
        """
        while self.under_way or self._unanswered:
            self._check()
            self._changed.clear()
            await self._changed.wait()

    def _check(self) -> None:
        if self._failure is not None:
            raise refused(int(json.loads(self._failure)["status_code"]), self._failure)


@asynccontextmanager
async def pairs_at(
    server: BenchServer, count: int, arrivals: Arrivals
) -> AsyncIterator[tuple[Crowd, list[Pair]]]:
    """So many pairs, connected."""
    async with crowd_at(server.url) as crowd:
        people = await crowd.register(2 * count)
        writers, readers = people[::2], people[1::2]
        yield (
            crowd,
            await together(
                Pair.meet(crowd, writer, reader, arrivals)
                for writer, reader in zip(writers, readers, strict=True)
            ),
        )


@dataclass(frozen=True)
class Load:
    """How many pairs talk, which way, and for how long."""

    pairs: int
    via: str
    seconds: float
    warm_up_seconds: float


Talk = Callable[[list[Pair], float], Coroutine[Any, Any, None]]
"""What pairs do until that time of the performance counter. Returns once all has arrived."""


async def closed_loop(server: BenchServer, load: Load) -> Outcome:
    """Each pair's next message is sent once the last was answered and has arrived.

    Raises: CommandError.
    """

    async def talk(pair: Pair, until: float) -> None:
        while time.perf_counter() < until:
            await pair.send(load.via)
            await pair.until_arrived()

    async def all_talk(pairs: list[Pair], until: float) -> None:
        await together(talk(pair, until) for pair in pairs)

    return await measured("send", server, load, all_talk)


async def open_loop(server: BenchServer, load: Load, rate: float) -> Outcome:
    """Messages at a rate, whether or not the server keeps up: each is late from when it was due.

    Raises: CommandError.
    """
    outcome = await measured("deliver", server, load, at_rate(load.via, rate))
    outcome.parameters["rate"] = rate
    return outcome


def at_rate(via: str, rate: float) -> Talk:
    """Pairs take turns, so many messages a second in all."""

    async def talk(pairs: list[Pair], until: float) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(math.ceil((until - began) * rate)):
                    due = began + number / rate
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                    group.create_task(pairs[number % len(pairs)].send(via, due))
        except* CommandError as failures:
            raise failures.exceptions[0] from None
        await together(pair.until_arrived() for pair in pairs)

    return talk


async def measured(
    bench: str,
    server: BenchServer,
    load: Load,
    talk: Talk,
    beside: AbstractAsyncContextManager[object] | None = None,
) -> Outcome:
    """Let pairs talk, and say how it went; `beside` is open from when they are connected."""
    arrivals = Arrivals()
    async with pairs_at(server, load.pairs, arrivals) as (crowd, pairs), beside or nullcontext():
        arrivals.since = time.perf_counter() + load.warm_up_seconds
        talking = asyncio.create_task(talk(pairs, arrivals.since + load.seconds))
        try:
            await run_for(talking, crowd, load.warm_up_seconds, "Warming up")
            before = arrivals.count
            with costs_of(server) as costs:
                await run_for(talking, crowd, load.seconds, "Measuring")
                await run_for(talking, crowd, DRAIN_SECONDS, None)
            arrived, missing = arrivals.count - before, count_as_late(pairs, arrivals)
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        if not arrived:
            raise CommandError("nothing arrived in that time", hint="give it longer, with --for")
        figures = {"messages_per_second": arrived / costs.wall_seconds}
        figures |= arrivals.latencies.figures() | {"messages_missing": missing}
        if server.is_measurable:
            figures["server_cpu_ms_per_message"] = 1000 * costs.server_cpu_seconds / arrived
            figures["server_memory_mib"] = server.resident_bytes() / 2**20
    parameters: dict[str, object] = {
        "pairs": load.pairs,
        "via": load.via,
        "seconds": load.seconds,
        "warm_up_seconds": load.warm_up_seconds,
    }
    return Outcome(bench, parameters, figures, arrivals.latencies, costs.is_generator_bound)


def count_as_late(pairs: list[Pair], arrivals: Arrivals) -> int:
    """Time what has still not arrived as far as it has taken: leaving the slowest out would make
    an overloaded server look quick. How many there are."""
    missing = [due for pair in pairs for due in pair.under_way.values()]
    for due in missing:
        arrivals.time(due)
    if missing:
        say(
            f"fynix bench: {len(missing)} messages had not arrived {DRAIN_SECONDS:.0f} s after "
            "the end; they count with the time until then"
        )
    return len(missing)
