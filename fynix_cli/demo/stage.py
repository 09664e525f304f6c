"""Where the demo is shown: two columns on a terminal, plain lines elsewhere."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fynix_cli.chat.narrator import Narrator
from fynix_cli.demo.person import Person
from fynix_cli.output import emit, visible
from fynix_server.protocol.frames import ServerFrame

if TYPE_CHECKING:
    from rich.live import Live

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
READING_SECONDS, SECONDS_PER_CHARACTER = 1.0, 0.04
NAME_WIDTH = 6


class Stage:
    """Plain lines. `speed` 1: as quick as one reads; 0: no pauses at all."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._narrators: dict[str, Narrator] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Shown for as long as the block runs."""
        yield

    async def narrate(self, text: str) -> None:
        """Say what is happening, and leave time to read it."""
        emit(f"-- {text}")
        await self._pause(READING_SECONDS + SECONDS_PER_CHARACTER * len(text))

    async def typing_pause(self, text: str) -> None:
        """As long as it takes to type this, nearly."""
        await self._pause(READING_SECONDS + SECONDS_PER_CHARACTER / 2 * len(text))

    async def heard(self, person: Person, frame: ServerFrame) -> None:
        narrator = self._narrators.setdefault(person.name, Narrator(person.rest))
        # Without the time of day, which would be the same in all of them.
        told = (await narrator.line(frame)).split(" ", 1)[1]
        emit(f"{person.name:<{NAME_WIDTH}}| {visible(told)}")

    def came_or_went(self, person: Person) -> None:
        told = "connected" if person.window.is_connected else "the line dropped"
        emit(f"{person.name:<{NAME_WIDTH}}| * {told}")

    async def _pause(self, seconds: float) -> None:
        if self._speed:
            await asyncio.sleep(seconds / self._speed)


class Columns(Stage):
    """Both windows beside one another, redrawn in place, with what is happening below."""

    def __init__(self, speed: float) -> None:
        super().__init__(speed)
        self._people: dict[str, Person] = {}
        self._said: list[str] = []
        self._live: Live | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        from rich.live import Live

        with Live(auto_refresh=False) as live:
            self._live = live
            yield

    async def narrate(self, text: str) -> None:
        self._said.append(text)
        self._draw()
        await self._pause(READING_SECONDS + SECONDS_PER_CHARACTER * len(text))

    async def heard(self, person: Person, frame: ServerFrame) -> None:
        self._draw()

    def came_or_went(self, person: Person) -> None:
        self._people[person.name] = person
        self._draw()

    def _draw(self) -> None:
        from fynix_cli.demo.drawing import picture

        if self._live is not None:
            size = self._live.console.size
            people = [self._people[name] for name in sorted(self._people)]
            self._live.update(picture(people, self._said, size.height), refresh=True)


def stage_here(speed: float) -> Stage:
    """Columns, where stdout is a terminal with room for them."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return Stage(speed)
    size = os.get_terminal_size(sys.stdout.fileno())
    has_room = size.columns >= LEAST_WIDTH and size.lines >= LEAST_HEIGHT
    return Columns(speed) if has_room else Stage(speed)
