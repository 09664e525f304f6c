"""Pairs who talk: as fast as they can, or at a rate."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection

from fynix_cli.bench.figures import Latencies, Outcome, costs_of
from fynix_cli.bench.people import Crowd, Somebody, crowd_at, refused, run_for
from fynix_cli.bench.server import BenchServer
from fynix_cli.errors import CommandError

TEXT = "Hello, world! This is a message of an ordinary length."
_NEW_MESSAGE = '{"type":"new_message"'
_ACK = '{"type":"ack"'
_ERROR = '{"type":"error"'


class Pair:
    """Two people with a conversation, and a socket each; one writes to the other.

    `arrived` counts what came to the other, and `answered` the writer's answers.
    """

    def __init__(self, crowd: Crowd, writer: Somebody) -> None:
        self._crowd = crowd
        self._writer = writer
        self._conversation_id = ""
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Event()
        self._key = uuid4().hex[:12]
        self._failure: str | None = None
        self.sent_at: list[float] = []
        self.arrived = self.answered = 0
        self.latencies: Latencies | None = None

    @classmethod
    async def meet(cls, crowd: Crowd, writer: Somebody, reader: Somebody) -> "Pair":
        pair = cls(crowd, writer)
        pair._conversation_id = await crowd.begin_dm(writer, reader)
        pair._socket = await crowd.listen(writer, pair._hear_answer)
        await crowd.listen(reader, pair._hear_message)
        return pair

    def _hear_answer(self, frame: str) -> None:
        if frame.startswith(_ACK):
            self.answered += 1
        elif frame.startswith(_ERROR):
            self._failure = frame
        self._changed.set()

    def _hear_message(self, frame: str) -> None:
        if frame.startswith(_NEW_MESSAGE):
            # What one person sends arrives in order: this is the oldest that has not.
            if self.latencies is not None:
                self.latencies.note(time.perf_counter() - self.sent_at[self.arrived])
            self.arrived += 1
            self._changed.set()

    async def send(self, via: str, meant_at: float | None = None) -> None:
        """Write once; latency counts from `meant_at`, or from now."""
        self.sent_at.append(time.perf_counter() if meant_at is None else meant_at)
        key = f"{self._key}-{len(self.sent_at)}"
        if via == "rest":
            await self._post(key)
        else:
            await self._say(key)

    async def _post(self, key: str) -> None:
        path = f"/api/conversations/{self._conversation_id}/messages"
        body = {"content": TEXT, "client_message_id": key}
        await self._crowd.post(path, body, self._writer)
        self.answered += 1

    async def _say(self, key: str) -> None:
        assert self._socket is not None  # noqa: S101 - `meet` opened it
        frame = {
            "type": "send_message",
            "ref": key,
            "conversation_id": self._conversation_id,
            "content": TEXT,
            "client_message_id": key,
        }
        await self._socket.send(json.dumps(frame))

    async def until_arrived(self) -> None:
        """Return once all that was sent is answered, and has come to the other."""
        while min(self.arrived, self.answered) < len(self.sent_at):
            if self._failure is not None:
                error = json.loads(self._failure)
                raise refused(int(error["status_code"]), self._failure)
            self._changed.clear()
            await self._changed.wait()


@asynccontextmanager
async def pairs_at(server: BenchServer, count: int) -> AsyncIterator[tuple[Crowd, list[Pair]]]:
    """So many pairs, connected."""
    async with crowd_at(server.url) as crowd:
        people = await crowd.register(2 * count)
        meetings = (Pair.meet(crowd, *people[at : at + 2]) for at in range(0, 2 * count, 2))
        yield crowd, list(await asyncio.gather(*meetings))


@dataclass(frozen=True)
class Load:
    """How many pairs talk, which way, and for how long."""

    pairs: int
    via: str
    seconds: float
    warm_up_seconds: float


async def closed_loop(server: BenchServer, load: Load) -> Outcome:
    """Each pair's next message is sent once the last was answered and has arrived."""

    async def talk(pair: Pair) -> None:
        while True:
            await pair.send(load.via)
            await pair.until_arrived()

    async def all_talk(pairs: list[Pair]) -> None:
        async with asyncio.TaskGroup() as group:
            for pair in pairs:
                group.create_task(talk(pair))

    return await _measured("send", server, load, all_talk)


async def open_loop(server: BenchServer, load: Load, rate: float) -> Outcome:
    """Messages at a rate, whether or not the server keeps up: each is late from when it was due."""

    async def talk(pairs: list[Pair]) -> None:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(pairs[number % len(pairs)].send(load.via, due))

    outcome = await _measured("deliver", server, load, talk)
    outcome.parameters["rate"] = rate
    return outcome


async def _measured(
    bench: str,
    server: BenchServer,
    load: Load,
    talk: Callable[[list[Pair]], Coroutine[Any, Any, None]],
) -> Outcome:
    latencies = Latencies()
    async with pairs_at(server, load.pairs) as (crowd, pairs):
        talking = asyncio.create_task(_unwrapped(talk(pairs)))
        try:
            await run_for(talking, crowd, load.warm_up_seconds)
            for pair in pairs:
                pair.latencies = latencies
            with costs_of(server) as costs:
                await run_for(talking, crowd, load.seconds)
            for pair in pairs:
                pair.latencies = None
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        count = len(latencies)
        if not count:
            raise CommandError("nothing arrived in that time", hint="give it longer, with --for")
        figures = {"messages_per_second": count / costs.wall_seconds} | latencies.figures()
        if server.is_measurable:
            figures["server_cpu_ms_per_message"] = 1000 * costs.server_cpu_seconds / count
            figures["server_memory_mib"] = server.resident_bytes() / 2**20
    parameters: dict[str, object] = {
        "pairs": load.pairs,
        "via": load.via,
        "seconds": load.seconds,
    }
    return Outcome(bench, parameters, figures, latencies, costs.is_generator_bound)


async def _unwrapped(work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, and raise the first failure of its group as itself."""
    try:
        await work
    except* CommandError as group:
        raise group.exceptions[0] from None
