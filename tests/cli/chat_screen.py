"""`fynix chat` on a screen of a test's own: what stands on it, and keys for it."""

import html
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.app import App
from textual.events import AppBlur, AppFocus, Key, Paste
from textual.pilot import Pilot

from fynix_cli.chatting.app import ChatApp
from fynix_cli.chatting.courier import open_courier
from fynix_cli.client.http import HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from tests.people import Person

DEADLINE_SECONDS = 15.0
COLUMN_UNITS = 12.2
"""How wide a screenshot draws a column."""
_TEXT = re.compile(r'<text [^>]*x="([\d.]+)"[^>]*-line-(\d+)\)">([^<]*)</text>')


@dataclass(frozen=True)
class Start:
    """How the chat is called. `server`: another address of it than the person's."""

    server: str
    target: str | None = None
    size: tuple[int, int] = (80, 24)


class Screen:
    """A running chat."""

    def __init__(self, app: ChatApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """What stands on it, line by line."""
        return text_of(self.app)

    async def until(self, is_true: Callable[[str], bool]) -> str:
        """Wait until this holds of its text, with a deadline; the text."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_true(self.text):
            assert time.monotonic() < deadline, self.text
            assert self.app.failure is None, self.app.failure
            await self.pilot.pause(0.02)
        return self.text

    async def shows(self, *parts: str) -> str:
        return await self.until(lambda text: all(part in text for part in parts))

    async def hides(self, part: str) -> str:
        return await self.until(lambda text: part not in text)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def burst(self, *keys: str) -> None:
        """As of keys that a slow line delivers all at once."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))
        await self.pilot.pause()

    async def paste(self, text: str) -> None:
        """As a terminal pastes, into whatever has the keys."""
        self.app.post_message(Paste(text))
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Put `text` in and send it."""
        await self.paste(text)
        await self.press("enter")

    async def focus(self, has_focus: bool) -> None:
        """The terminal gets or loses the focus."""
        self.app.post_message(AppFocus() if has_focus else AppBlur())
        await self.pilot.pause()

    async def ended(self) -> None:
        """Wait until it has left by itself."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.app.failure is None:
            assert time.monotonic() < deadline, self.text
            await self.pilot.pause(0.02)


def text_of(app: App[None]) -> str:
    lines: dict[int, str] = {}
    for x, number, escaped in _TEXT.findall(app.export_screenshot()):
        before = lines.get(int(number), "").ljust(round(float(x) / COLUMN_UNITS))
        lines[int(number)] = before + html.unescape(escaped).replace("\xa0", " ")
    return "\n".join(lines.get(number, "") for number in range(max(lines, default=0) + 1))


@asynccontextmanager
async def chatting(person: Person, start: Start) -> AsyncIterator[Screen]:
    """`person` at a chat that is connected and drawn."""
    tokens = MemoryTokens(TokenPair(person.access_token, person.refresh_token))
    async with RestClient(HttpClient(start.server, tokens)) as rest:
        courier = await open_courier(rest, time.monotonic)
        if start.target is not None:
            await courier.open_target(start.target)
        app = ChatApp(courier, time.monotonic)
        async with app.run_test(size=start.size) as pilot:
            screen = Screen(app, pilot)
            await screen.shows("● connected")
            yield screen
