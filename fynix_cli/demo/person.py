"""Somebody of the demo: a REST client, a live line, and the window that they look at."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Protocol
from uuid import UUID

from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_cli.demo.window import Entry, Window
from fynix_cli.errors import CommandError
from fynix_cli.session import anonymous_client
from fynix_server.protocol.frames import (
    MarkReadCommand,
    SendMessageCommand,
    ServerFrame,
    TypingCommand,
)

DEADLINE_SECONDS = 30.0


class Audience(Protocol):
    """Who is told of what people see."""

    async def heard(self, person: "Person", frame: ServerFrame) -> None:
        """Somebody got a frame, and their window shows it."""

    def came_or_went(self, person: "Person") -> None:
        """Somebody's line came or went."""


class Person:
    """Make one by `joined`."""

    def __init__(self, name: str, rest: RestClient, window: Window, audience: Audience) -> None:
        self.name = name
        self.rest = rest
        self.window = window
        self._audience = audience
        self._live = LiveClient(rest, self._note_state)
        self._changed = asyncio.Event()
        self._failure: CommandError | OSError | None = None

    async def listen(self) -> None:
        """Take frames for ever, or until `until` is to raise why there are no more."""
        try:
            async with aclosing(self._live.frames()) as frames:
                async for frame in frames:
                    self.window.take(frame)
                    await self._audience.heard(self, frame)
                    self._changed.set()
        except (CommandError, OSError) as error:
            # OSError: whoever was reading what is shown has gone.
            self._failure = error
            self._changed.set()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Return once what is seen here has become so. Raises: CommandError (it does not), and
        what ended `listen`."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not is_so():
                    if self._failure is not None:
                        raise self._failure
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise CommandError(
                f"{self.name} waits for something that does not happen",
                hint="is this machine very busy? try again",
            ) from None

    async def sees(self, text: str) -> Entry:
        """The message of this text, once it is here. Raises: CommandError."""
        await self.until(lambda: self.window.entry_of(text))
        entry = self.window.entry_of(text)
        assert entry is not None  # noqa: S101 - it was just seen
        return entry

    # ── by the socket ────────────────────────────────────────────────────────────────────────

    async def type_in(self, conversation_id: UUID, *, is_typing: bool = True) -> None:
        await self._live.send(
            TypingCommand(type="typing", conversation_id=conversation_id, is_typing=is_typing)
        )

    async def say(self, conversation_id: UUID, text: str) -> None:
        await self._live.send(
            SendMessageCommand(type="send_message", conversation_id=conversation_id, content=text)
        )

    async def read(self, conversation_id: UUID, message_id: UUID) -> None:
        await self._live.send(
            MarkReadCommand(
                type="mark_read", conversation_id=conversation_id, message_id=message_id
            )
        )

    def _note_state(self, state: str) -> None:
        is_connected = state == "connected"
        # Each attempt to come back says that the line is gone.
        if is_connected != self.window.is_connected:
            self.window.is_connected = is_connected
            self._audience.came_or_went(self)
            self._changed.set()


@asynccontextmanager
async def joined(
    server: str, name: str, password: str, audience: Audience
) -> AsyncIterator[Person]:
    """Somebody with a new account at `server`, who is connected.

    Raises: CommandError.
    """
    async with anonymous_client(server) as nobody:
        login = await nobody.register(name, password, name.capitalize())
    tokens = MemoryTokens(TokenPair(login.access_token, login.refresh_token))
    async with RestClient(HttpClient(server, tokens)) as rest:
        person = Person(name, rest, Window(login.user.id), audience)
        listening = asyncio.create_task(person.listen())
        try:
            await person.until(lambda: person.window.is_connected)
            yield person
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
