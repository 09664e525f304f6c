"""Who does what in a run: the actors, from the start to the moment when everybody has caught up."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from tests.faults.torture.bystanders import Churner, Meddler, ask_unread_counts
from tests.faults.torture.readers import (
    ClientReader,
    PollingReader,
    Reader,
    SocketReader,
)
from tests.faults.torture.senders import RestSender, SocketSender
from tests.faults.torture.truth import Truth
from tests.faults.torture.world import Person, World

READY_SECONDS = 30.0
FINISH_SECONDS = 60.0
CATCH_UP_SECONDS = 45.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Pace:
    """Seconds between what one actor does, on average."""

    send: float = 0.5
    meddle: float = 0.4
    churn: float = 2.0


@dataclass
class Workload:
    """Readers, senders and bystanders of a world. `problems`: actors that died of a failure."""

    world: World
    seed: int
    pace: Pace = field(default_factory=Pace)
    problems: list[str] = field(default_factory=list)
    _readers: list[Reader] = field(default_factory=list)
    _reading: list[asyncio.Task[None]] = field(default_factory=list)
    _acting: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Readers first: once all of them miss nothing, the others begin."""
        for number, person in enumerate(self.world.people):
            self._readers += self._readers_of(person, number)
        self._reading = [self._begin(type(it).__name__, it.run()) for it in self._readers]
        async with asyncio.timeout(READY_SECONDS):
            await asyncio.gather(*(it.ready.wait() for it in self._readers))
        for number, person in enumerate(self.world.people):
            self._act_as(person, number)
        for group in (it for it in self.world.conversations if it.is_group):
            churner = Churner(self.world, group, self._rng(f"churn {group.id}"), self.pace.churn)
            self._acting.append(self._begin("Churner", churner.run()))

    def _readers_of(self, person: Person, number: int) -> list[Reader]:
        history = self.world.history
        kinds: list[Callable[[], Reader]] = [
            lambda: ClientReader(history, person),
            lambda: SocketReader(history, person, "line"),
            lambda: SocketReader(history, person, "plain"),
            lambda: PollingReader(history, person),
        ]
        # Everybody reads by the library or by a bare socket, every other person in a second way.
        first, second = kinds[number % 2], kinds[2 + number // 2 % 2]
        return [first()] if number % 2 else [first(), second()]

    def _act_as(self, person: Person, number: int) -> None:
        sender = (
            RestSender(self.world, person, self._rng(f"rest {number}"), self.pace.send)
            if number % 3
            else SocketSender(self.world, person, self._rng(f"socket {number}"), self.pace.send)
        )
        meddler = Meddler(self.world, person, self._rng(f"meddle {number}"), self.pace.meddle)
        self._acting.append(self._begin(type(sender).__name__, sender.run()))
        self._acting.append(self._begin("Meddler", meddler.run()))

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    def _begin(self, name: str, work: Awaitable[None]) -> asyncio.Task[None]:
        async def watched() -> None:
            try:
                await work
            except Exception as error:
                self.problems.append(f"{name} died: {error!r}")

        return asyncio.create_task(watched(), name=name)

    async def finish(self) -> None:
        """Let what is under way end; nothing new begins."""
        self.world.is_over = True
        _, pending = await asyncio.wait(self._acting, timeout=FINISH_SECONDS)
        self.problems += [f"{it.get_name()} does not finish" for it in pending]
        await _end(pending)

    async def catch_up(
        self, read: Callable[[], Awaitable[Truth]], seconds: float = CATCH_UP_SECONDS
    ) -> Truth:
        """Wait until every reader has seen all that is theirs, or time is up; the database."""
        truth = await read()
        for _ in range(round(seconds / LOOK_SECONDS)):
            if self._is_caught_up(truth):
                break
            await asyncio.sleep(LOOK_SECONDS)
        await ask_unread_counts(self.world)
        await _end(self._reading)
        return truth

    def _is_caught_up(self, truth: Truth) -> bool:
        return all(
            reader.cursors.get(conversation_id, 0) >= last_seq
            for reader in self._readers
            for conversation_id, last_seq in truth.last_seq.items()
            if truth.is_member(conversation_id, reader.person.id)
            and not (isinstance(reader, SocketReader) and reader.kind == "plain")
        )


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all are done: `asyncio.wait_for` of Python 3.11 may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
