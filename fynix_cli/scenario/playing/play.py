"""What one playing of a scenario has: its world, its people, its variables, its journal."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.playing.calls import Answer, Call, ask
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import CannotPlay, NoAnswer
from fynix_cli.scenario.playing.frame_buffer import Frame
from fynix_cli.scenario.playing.journal import Journal
from fynix_cli.scenario.playing.lasting_faults import Faults
from fynix_cli.scenario.playing.ledger import Ledger
from fynix_cli.scenario.playing.person import Person
from fynix_cli.scenario.playing.scope import Scope
from fynix_cli.scenario.servers.world import World

Perform = Callable[["Play", Sequence[Step], Scope], Awaitable[None]]


class Echo(Protocol):
    """What makes events without a number certain (barrier.py)."""

    async def goes_round(self, within: float) -> None:
        """Return once all that was published before has come out everywhere."""

    async def close(self) -> None:
        """Give up its lines."""


@dataclass
class Play:
    """One playing. `https`: a client for each instance of the world; `perform` does steps within
    a step (performing.py)."""

    script: Script
    world: World
    run: Mapping[str, Any]
    journal: Journal
    scope: Scope
    random: random.Random
    https: list[httpx.AsyncClient]
    perform: Perform
    people: dict[str, Person] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    before_step: Callable[[Step], Awaitable[None]] | None = None
    echo: Echo | None = None
    faults: Faults = field(default_factory=Faults)
    _beside: set[asyncio.Task[None]] = field(default_factory=set)
    _turns: Counter[str] = field(default_factory=Counter)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the steps, until it is done or the playing ends."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def end_what_is_beside(self) -> None:
        tasks = list(self._beside)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def person(self, name: str) -> Person:
        """Raises: CannotPlay (nobody is called so)."""
        if name not in self.people:
            raise CannotPlay(f"nobody here is called {name!r}")
        return self.people[name]

    def device(self, step: Step) -> Device:
        """Whose step it is: one of somebody."""
        return self.person(str(step.name.actor)).device(step.name.device)

    async def ask(
        self, device: Device, call: Call, within: float, *, lost_share: float = 0.0
    ) -> Answer:
        """A request of `device`. Raises: NoAnswer (also when it is lost on purpose)."""
        self._turns["call"] += 1
        number = self._turns["call"]
        self.journal.note(
            "request",
            f"{call.method} {call.path}",
            who=device.who,
            call=number,
            method=call.method,
            path=call.path,
            body=call.body if call.raw is None else call.raw,
            is_raw=call.raw is not None,
            headers=dict(call.headers or {}),
        )
        http = self.https[self.instance_of(device)]
        answer = await ask(http, call, device.login.access_token, within)
        # The server has done it, and nobody hears: what a line that breaks just then does.
        if self.random.random() < max(lost_share, device.lost_share):
            self.journal.note("fault", "the answer is lost", who=device.who)
            text = f"{call.method} {call.path}: the answer was lost on purpose"
            raise NoAnswer(text, is_on_purpose=True)
        self.journal.note(
            "answer",
            _told(answer),
            who=device.who,
            call=number,
            status=answer.status,
            body=answer.body,
            request_id=answer.request_id,
            seconds=answer.seconds,
        )
        self.ledger.note_answer(self.people[device.owner].user_id, call, answer)
        return answer

    async def send_frame(self, device: Device, frame: Frame) -> None:
        """A frame of `device`. Raises: CannotPlay (there is no line)."""
        self.journal.note("sent", str(frame.get("type")), who=device.who, frame=frame)
        await device.send_frame(frame)

    def client_message_id(self, step: Step) -> str:
        """The same in each playing with the same run id: of the step's place, and how often it
        was come past."""
        self._turns[step.number] += 1
        return f"{self.run['id']}-{step.number}-{self._turns[step.number]}"

    def next_ref(self) -> str:
        """For a frame whose answer is to be known by it."""
        self._turns["ref"] += 1
        return f"{self.run['id']}-{self._turns['ref']}"

    def instance_of(self, device: Device) -> int:
        return list(self.world.urls).index(device.url)


def _told(answer: Answer) -> str:
    code = f" {answer.code}" if answer.code else ""
    return f"{answer.status}{code} {answer.seconds * 1000:.0f} ms"
