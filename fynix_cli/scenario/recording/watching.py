"""Watching the live events of several people at once, each over a line of their own."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from uuid import UUID

from fynix_cli.client.cursors import Cursors
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live import LiveClient
from fynix_cli.client.live_line import NOT_THEIRS
from fynix_cli.client.rest import RestClient
from fynix_cli.output import talk
from fynix_cli.profiles import Profile
from fynix_cli.scenario.recording.tape import Happening, Tape
from fynix_cli.session import rest_client
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import ParticipantAdded, ServerFrame

MOST_CONVERSATIONS = 1000
"""So many of a person are looked at before; of others when something happens there."""
LINGER_SECONDS = 0.5
"""What has happened once is still on its way to the others."""


@dataclass(frozen=True)
class End:
    """When to stop by oneself: after `seconds`, or `count` happenings. None: not."""

    seconds: float | None
    count: int | None


class Watch:
    """Fills a tape. `on_news` is told of each new happening."""

    def __init__(self, tape: Tape, end: End, on_news: Callable[[Happening], None]) -> None:
        self._tape = tape
        self._end = end
        self._on_news = on_news
        self._is_full = asyncio.Event()

    async def run(self, people: Sequence[Profile], on_ready: Callable[[], None]) -> None:
        """Until the end, or until cancelled. `on_ready`: from here on nothing is missed.

        Raises: NotLoggedIn, Unreachable, ApiError, LiveStopped (one cannot be watched further).
        """
        async with AsyncExitStack() as stack:
            watchers = []
            for person in people:
                rest = await stack.enter_async_context(rest_client(person.name, person.server))
                watchers.append(_Watcher(person, rest, self._note))
                await watchers[-1].look_around(self._tape)
            await self._until_the_end(watchers, on_ready)

    async def _until_the_end(
        self, watchers: Sequence["_Watcher"], on_ready: Callable[[], None]
    ) -> None:
        watching = [asyncio.create_task(it.watch(self._tape)) for it in watchers]
        ending = asyncio.create_task(self._come_to_the_end(watchers, on_ready))
        try:
            done, _ = await asyncio.wait([*watching, ending], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*watching, ending):
                task.cancel()
            await asyncio.gather(*watching, ending, return_exceptions=True)

    async def _come_to_the_end(
        self, watchers: Sequence["_Watcher"], on_ready: Callable[[], None]
    ) -> None:
        for watcher in watchers:
            await watcher.is_connected.wait()
        on_ready()
        try:
            async with asyncio.timeout(self._end.seconds):
                await self._is_full.wait()
        except TimeoutError:
            return
        await asyncio.sleep(LINGER_SECONDS)

    def _note(self, person_id: UUID, frame: ServerFrame) -> None:
        at = time.monotonic()
        if self._is_full.is_set():
            self._tape.note_sight(person_id, frame, at)
            return
        happening = self._tape.note(person_id, frame, at)
        if happening is None:
            return
        self._on_news(happening)
        if self._end.count is not None and len(self._tape.happenings) >= self._end.count:
            self._is_full.set()


class _Watcher:
    """Watches one person's events, as one more client of theirs."""

    def __init__(
        self, person: Profile, rest: RestClient, on_frame: Callable[[UUID, ServerFrame], None]
    ) -> None:
        self.is_connected = asyncio.Event()
        self._name = person.name
        self._id = UUID(person.user_id)
        self._rest = rest
        self._on_frame = on_frame
        self._cursors = Cursors()

    async def look_around(self, tape: Tape) -> None:
        """See where the person's conversations stand; what is watched begins just there."""
        found = {it.id: it for it in await self._rest.all_conversations(MOST_CONVERSATIONS)}
        tape.begin_with(found)
        known = {it.id: it.last_seq for it in found.values()}
        self._cursors = Cursors(known, names_all=len(known) < MOST_CONVERSATIONS)

    async def watch(self, tape: Tape) -> None:
        """Ends only by raising."""
        live = LiveClient(self._rest, self._say, self._cursors)
        async with aclosing(live.frames()) as frames:
            async for frame in frames:
                if not tape.is_known(frame):
                    await self._look_at(tape, frame)
                self._on_frame(self._id, frame)

    async def _look_at(self, tape: Tape, frame: ServerFrame) -> None:
        """Learn of a conversation that was not there yet, or not among those looked at."""
        try:
            conversation = await self._rest.conversation(_conversation_id(frame))
        except ApiError as error:
            if error.code not in NOT_THEIRS:
                raise
            return
        tape.begin_with({conversation.id: _before(conversation, frame)})

    def _say(self, state: str) -> None:
        if state == "connected" and not self.is_connected.is_set():
            self.is_connected.set()
        else:
            talk(f"{self._name}: {state}")


def _conversation_id(frame: ServerFrame) -> UUID:
    conversation_id: UUID = frame.conversation_id  # type: ignore[union-attr]  # is_known saw to it
    return conversation_id


def _before(conversation: ConversationResponse, frame: ServerFrame) -> ConversationResponse:
    """As it was before `frame`, as far as its people go."""
    if not isinstance(frame, ParticipantAdded):
        return conversation
    others = [it for it in conversation.participants if it.user_id != frame.participant.user_id]
    return conversation.model_copy(update={"participants": others})
