"""What comes through one live connection: resumed, each number once and in order.

The client tells the server the last number that it has given out of every conversation, drops
what it has given out before, and fetches by REST what a jump in the numbers says is missing.

A frame counts as given out when whoever got it asks for the next: until then its cursor stays,
so a client that dies while it works on a frame gets that frame again.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from uuid import UUID

from fynix_cli.client.cursors import Cursors
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live_socket import LineLost, LiveSocket, UnknownFrame, frame_of
from fynix_cli.client.rest import RestClient
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

CURSORS_PER_RESUME = 1000
"""Some 47 bytes each: more would not fit into a frame of 64 KiB."""
NOT_THEIRS = {"conversation_not_found", "not_a_participant"}

Frames = AsyncGenerator[ServerFrame, None]
StateListener = Callable[[str], None]


class LiveLine:
    """The frames of an open `socket`, from `cursors` on. Moves `cursors`."""

    def __init__(
        self, rest: RestClient, socket: LiveSocket, cursors: Cursors, on_state: StateListener
    ) -> None:
        self._rest = rest
        self._socket = socket
        self._cursors = cursors
        self._on_state = on_state
        self._resuming: dict[str, dict[UUID, int]] = {}

    async def frames(self) -> Frames:
        """Ends only by raising: LineLost, TokenRefused, LiveStopped, NotLoggedIn, Unreachable."""
        await self._resume()
        while True:
            async for frame in self._accept(await self._receive()):
                yield frame

    async def _resume(self) -> None:
        # Live frames begin with the first part; what they then miss of a conversation in a later
        # part shows as a jump, is fetched, and dropped when the replay brings it again.
        parts = self._cursors.parts(CURSORS_PER_RESUME)
        if not parts or not self._cursors.names_all:
            # Answered at once, by where every conversation stands.
            parts.insert(0, {})
        for number, part in enumerate(parts):
            ref = f"resume-{number}"
            self._resuming[ref] = part
            command = ResumeCommand(type="resume", ref=ref, cursors=part)
            await self._socket.send(command.model_dump_json())

    async def _receive(self) -> ServerFrame | UnknownFrame | None:
        """The next frame. When none comes, the cursors are kept as they stand."""
        if self._cursors.are_kept:
            return await self._socket.receive()
        # Not `asyncio.timeout`: where that expires while a Ctrl-C is on its way in, it takes the
        # cancellation for its own, and the Ctrl-C is lost.
        receiving = asyncio.create_task(self._socket.receive())
        try:
            await asyncio.wait([receiving], timeout=self._cursors.seconds_until_due)
            if not receiving.done():
                self._cursors.keep()
            return await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _accept(self, frame: ServerFrame | UnknownFrame | None) -> Frames:
        if isinstance(frame, DurableFrame | UnknownFrame):
            answer = self._accept_numbered(frame)
        elif isinstance(frame, ResyncRequired):
            answer = self._missed(frame.conversation_id)
        elif isinstance(frame, Resumed):
            answer = self._accept_resumed(frame)
        else:
            answer = self._accept_unnumbered(frame)
        async for passed in answer:
            yield passed

    async def _accept_unnumbered(self, frame: ServerFrame | None) -> Frames:
        if isinstance(frame, ErrorFrame) and frame.ref in self._resuming:
            # 4004: a conversation that this person has left; the others are resumed all the same.
            if frame.code != CloseCode.CONVERSATION_NOT_FOUND:
                raise LineLost(f"resuming failed: {frame.detail}", frame.retry_after or 0)
        elif frame is not None and not isinstance(frame, Pong | Ack):
            yield frame

    # ── numbers ──────────────────────────────────────────────────────────────────────────────

    async def _accept_numbered(self, frame: DurableFrame | UnknownFrame) -> Frames:
        if frame.seq > self._cursors.at(frame.conversation_id) + 1:
            async for missed in self._missed(frame.conversation_id):
                yield missed
        async for passed in self._once(frame):
            yield passed

    async def _once(self, frame: DurableFrame | UnknownFrame) -> Frames:
        if frame.seq <= self._cursors.at(frame.conversation_id):
            return
        if not isinstance(frame, UnknownFrame):
            yield frame
        self._cursors.move(frame.conversation_id, frame.seq)

    async def _missed(self, conversation_id: UUID) -> Frames:
        """What came after the cursor, fetched. Nothing if it may not be read (any more)."""
        has_more = True
        while has_more:
            cursor = self._cursors.at(conversation_id)
            try:
                page = await self._rest.events(conversation_id, cursor)
            except ApiError as error:
                # By its code: a proxy with nobody behind it may say 404 as well.
                if error.code in NOT_THEIRS:
                    return
                raise LineLost(
                    f"the server refused: {error.detail}", error.retry_after or 0
                ) from error
            for raw in page.events:
                frame = frame_of(raw)
                if isinstance(frame, DurableFrame | UnknownFrame):
                    async for passed in self._once(frame):
                        yield passed
            self._cursors.move(conversation_id, page.next_seq)
            has_more = page.has_more and page.next_seq > cursor

    # ── the end of a resume ──────────────────────────────────────────────────────────────────

    async def _accept_resumed(self, frame: Resumed) -> Frames:
        part = self._resuming.pop(frame.ref or "", None)
        if part is None:
            return
        if not self._cursors.names_all:
            self._cursors.begin(frame.cursors)
        async for restored in self._restored(part, frame.cursors):
            yield restored
        if not self._resuming:
            self._on_state("connected")
            for conversation_id in frame.cursors:
                if conversation_id not in self._cursors:
                    # It began, or they joined it, while nobody was listening.
                    async for missed in self._missed(conversation_id):
                        yield missed

    async def _restored(self, part: dict[UUID, int], standing: dict[UUID, int]) -> Frames:
        """Go back in what ends before its cursor: a backup was restored, and numbers come anew.

        Compared with what was sent: live frames may have moved the cursor on since.
        """
        shorter = [it for it, sent in part.items() if standing.get(it, sent) < sent]
        if shorter:
            count = len(shorter)
            which = "a conversation ends" if count == 1 else f"{count} conversations end"
            self._on_state(f"{which} earlier than before: was a backup restored? going on there")
        for conversation_id in shorter:
            self._cursors.go_back(conversation_id, standing[conversation_id])
        for conversation_id in shorter:
            # Live frames that came since were taken for old ones.
            async for missed in self._missed(conversation_id):
                yield missed
