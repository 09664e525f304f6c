"""A server and the people at it, for one test."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fynix_cli.pytest_plugin.failures import BadArgument, Missed
from fynix_cli.pytest_plugin.participant import Participant
from fynix_cli.scenario.model.catalogue import StepName
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.problems import Place
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.model.watching_steps import Fault
from fynix_cli.scenario.model.wording import plain_problem
from fynix_cli.scenario.playing.cast import assemble
from fynix_cli.scenario.playing.failures import AssertionMissed
from fynix_cli.scenario.playing.journal import Journal
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.player import Playing, opened_play
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec, World

_NO_STEPS: Mapping[str, Any] = {"fynix": 1, "name": "a test", "steps": [{"log": "see the test"}]}


class Ensemble:
    """Of a scenario that a test makes up as it goes. For the loop that it was opened on."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._joining = asyncio.Lock()

    @property
    def world(self) -> World:
        return self._play.world

    async def join(self, name: str, *, is_breakable: bool = False, **actor: object) -> Participant:
        """Somebody new. `actor`: as in a scenario; `is_breakable`: their lines can have faults.

        Raises: BadArgument (they are there, or cannot be so), Missed, CommandError.
        """
        async with self._joining:
            if name in self._play.people:
                raise BadArgument(f"{name} is there already")
            self._play.script = _with_actor(self._play.script, name, actor, is_breakable)
            try:
                await assemble(self._play)
            except AssertionMissed as missed:
                raise Missed(missed.text) from None
        return Participant(self._play, self._play.people[name])

    async def advance(self, seconds: float) -> None:
        """Raises: CommandError (the server is not private)."""
        await self.world.advance(seconds)

    async def restart(self) -> None:
        """Kill every instance, and start it again. Raises: CommandError."""
        for number in range(len(self.world.urls)):
            await self.world.kill_node(number)
            await self.world.start_node(number)


@asynccontextmanager
async def opened_ensemble(
    maker: WorldMaker, settings: Mapping[str, Any], seed: int, title: str
) -> AsyncIterator[Ensemble]:
    """Raises: CommandError (the server does not start)."""
    script = _script(title)
    async with (
        maker.world(ServerSpec(settings=dict(settings))) as world,
        opened_play(script, world, Journal(), Playing(seed), maker.name) as play,
    ):
        yield Ensemble(play)


def _script(title: str) -> Script:
    """Of nobody, and nothing to do."""
    document = Document.model_validate({**_NO_STEPS, "name": title, "actors": {"nobody": {}}})
    return Script(Path("a test"), document.model_copy(update={"actors": {}}), ())


def _with_actor(
    script: Script, name: str, actor: Mapping[str, object], is_breakable: bool
) -> Script:
    try:
        document = Document.model_validate({**_NO_STEPS, "actors": {name: actor}})
    except ValidationError as error:
        raise BadArgument(plain_problem(error)) from None
    place = Place(script.file, 1, 1)
    # Lines go through what can break them where a step says that it will.
    steps = [
        Step(StepName("fault", name, device), "fault", "1", place, Fault(type="drop"))
        for device in document.actors[name].devices
        if is_breakable
    ]
    return replace(script, document=document, steps=tuple(steps))
