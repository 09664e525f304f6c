"""Live frames for as long as one wants: connects anew when the line drops, and resumes.

Nothing is lost and nothing doubled: the client knows the last number it has seen of every
conversation, tells the server on each connection, drops what it has already given out, and
fetches by REST what a jump in the numbers says is missing.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from uuid import UUID

from fynix_cli.client.backoff import full_jitter
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live_socket import (
    LineLost,
    LiveSocket,
    TokenRefused,
    UnknownFrame,
    frame_of,
    open_socket,
)
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import TokenPair
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.frames import (
    Ack,
    DurableFrame,
    ErrorFrame,
    Pong,
    ResumeCommand,
    Resumed,
    ResyncRequired,
    ServerFrame,
)

BACKOFF_BASE_SECONDS = 0.2
BACKOFF_CAP_SECONDS = 10.0
STEADY_SECONDS = 5.0
"""A connection that held this long was a good one: the next wait starts small again."""
RESUME_REF = "resume"
CURSORS_PER_RESUME = 1000
"""Some 47 bytes each: more would not fit into a frame of 64 KiB."""


Frames = AsyncGenerator[ServerFrame, None]
StateListener = Callable[[str], None]


class LiveClient:
    """The live frames of one person. `on_state` is told of lines lost and found."""

    def __init__(self, rest: RestClient, on_state: StateListener = lambda text: None) -> None:
        self._rest = rest
        self._on_state = on_state
        self._cursors: dict[UUID, int] = {}
        self._is_refused = False
        self._unresumed = 0
        self._greeted_at = math.inf
        self._tokens: TokenPair | None = None

    async def frames(self) -> Frames:
        """Every frame from now on, in order within its conversation; ends only by raising.

        Numbered frames come once each. Answers to the client's own housekeeping are left out.

        Raises: NotLoggedIn, LiveStopped (the server said not to come back), ApiError, and
        Unreachable if there was no answer even the first time.
        """
        for conversation in await self._rest.all_conversations():
            self._move_cursor(conversation.id, conversation.last_seq)
        attempt = 0
        while True:
            self._greeted_at = math.inf
            try:
                async with aclosing(self._frames_of_one_line()) as frames:
                    async for frame in frames:
                        yield frame
            except TokenRefused:
                pause = await self._renew()
            except (LineLost, Unreachable) as error:
                attempt = 0 if self._held_long() else attempt
                pause = self._pause(error, attempt)
                attempt += 1
            await asyncio.sleep(pause)

    async def _frames_of_one_line(self) -> Frames:
        self._tokens = self._rest.http.current_tokens()
        server = self._rest.http.server
        async with open_socket(server, self._tokens.access_token) as (socket, hello):
            self._is_refused = False
            self._greeted_at = time.monotonic()
            pinging = asyncio.create_task(socket.keep_alive(hello.heartbeat_seconds))
            try:
                await self._resume(socket)
                while True:
                    async for frame in self._accept(await socket.receive()):
                        yield frame
            finally:
                pinging.cancel()

    async def _resume(self, socket: LiveSocket) -> None:
        # Live frames begin with the first part; what they then miss of a conversation in a later
        # part shows as a jump, is fetched, and dropped when the replay brings it again.
        cursors = list(self._cursors.items())
        parts = range(0, max(len(cursors), 1), CURSORS_PER_RESUME)
        self._unresumed = len(parts)
        for start in parts:
            part = dict(cursors[start : start + CURSORS_PER_RESUME])
            command = ResumeCommand(type="resume", ref=RESUME_REF, cursors=part)
            await socket.send(command.model_dump_json())

    async def _accept(self, frame: ServerFrame | UnknownFrame | None) -> Frames:
        if isinstance(frame, DurableFrame | UnknownFrame):
            answer = self._accept_numbered(frame)
        elif isinstance(frame, ResyncRequired):
            answer = self._missed(frame.conversation_id)
        elif isinstance(frame, Resumed):
            answer = self._accept_resumed()
        else:
            answer = self._accept_unnumbered(frame)
        async for passed in answer:
            yield passed

    async def _accept_resumed(self) -> Frames:
        self._unresumed -= 1
        if self._unresumed == 0:
            self._on_state("connected")
            async for missed in self._begun_meanwhile():
                yield missed

    async def _accept_unnumbered(self, frame: ServerFrame | None) -> Frames:
        if isinstance(frame, ErrorFrame) and frame.ref == RESUME_REF:
            # 4004: a conversation that this person has left; the others are resumed all the same.
            if frame.code != CloseCode.CONVERSATION_NOT_FOUND:
                raise LineLost(f"resuming failed: {frame.detail}", frame.retry_after or 0)
        elif frame is not None and not isinstance(frame, Pong | Ack):
            yield frame

    async def _accept_numbered(self, frame: DurableFrame | UnknownFrame) -> Frames:
        if frame.seq > self._cursor(frame.conversation_id) + 1:
            async for missed in self._missed(frame.conversation_id):
                yield missed
        if frame.seq <= self._cursor(frame.conversation_id):
            return
        self._move_cursor(frame.conversation_id, frame.seq)
        if not isinstance(frame, UnknownFrame):
            yield frame

    async def _missed(self, conversation_id: UUID) -> Frames:
        """What came after the cursor, fetched. Nothing if it may not be read (any more)."""
        has_more = True
        while has_more:
            cursor = self._cursor(conversation_id)
            try:
                page = await self._rest.events(conversation_id, cursor)
            except ApiError as error:
                if error.status in {403, 404}:
                    return
                raise _lost(error) from error
            for raw in page.events:
                async for frame in self._accept_fetched(frame_of(raw)):
                    yield frame
            self._move_cursor(conversation_id, page.next_seq)
            has_more = page.has_more and page.next_seq > cursor

    async def _accept_fetched(self, frame: ServerFrame | UnknownFrame | None) -> Frames:
        if isinstance(frame, DurableFrame) and frame.seq > self._cursor(frame.conversation_id):
            self._move_cursor(frame.conversation_id, frame.seq)
            yield frame

    async def _begun_meanwhile(self) -> Frames:
        """What happened in conversations that began while nobody was listening."""
        try:
            conversations = await self._rest.all_conversations()
        except ApiError as error:
            raise _lost(error) from error
        for conversation in conversations:
            if conversation.id not in self._cursors:
                async for missed in self._missed(conversation.id):
                    yield missed

    def _cursor(self, conversation_id: UUID) -> int:
        return self._cursors.get(conversation_id, 0)

    def _move_cursor(self, conversation_id: UUID, seq: int) -> None:
        self._cursors[conversation_id] = max(seq, self._cursor(conversation_id))

    async def _renew(self) -> float:
        """Get tokens that hold; returns how long to wait. Raises: NotLoggedIn."""
        if self._is_refused:
            raise NotLoggedIn(
                "the server refuses this login", hint="log in again with: fynix login NAME"
            )
        try:
            await self._rest.http.renew_tokens(self._tokens or self._rest.http.current_tokens())
        except ApiError as error:
            return self._pause(_lost(error), attempt=0)
        except Unreachable as error:
            return self._pause(error, attempt=0)
        self._is_refused = True
        return 0.0

    def _held_long(self) -> bool:
        return time.monotonic() - self._greeted_at > STEADY_SECONDS

    def _pause(self, error: LineLost | Unreachable, attempt: int) -> float:
        pause = full_jitter(attempt, BACKOFF_BASE_SECONDS, BACKOFF_CAP_SECONDS)
        if isinstance(error, LineLost):
            pause += error.pause_seconds
        self._on_state(f"{error.args[0]}; trying again in {pause:.1f} s")
        return pause


def _lost(error: ApiError) -> LineLost:
    return LineLost(f"the server refused: {error.detail}", error.retry_after or 0.0)
