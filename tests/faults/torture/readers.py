"""Those who read: each in its own way, writing down every numbered frame it is shown."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any, Protocol
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from fynix_cli.client.failures import ApiError
from fynix_cli.client.live import LiveClient
from fynix_cli.errors import Unreachable
from fynix_server.protocol.frames import DurableFrame
from tests.faults.torture.history import (
    History,
    ReaderKind,
    ReaderStarted,
    Resynced,
    Seen,
)
from tests.faults.torture.world import Person

POLL_SECONDS = 0.4
RECONNECT_SECONDS = 0.3
OPEN_SECONDS = 5.0


class Reader(Protocol):
    """Reads until it is cancelled; `ready` is set once it misses nothing any more."""

    ready: asyncio.Event
    cursors: dict[UUID, int]
    person: Person

    async def run(self) -> None: ...


class _Notes:
    """What every reader keeps: its place in the history, and how far it has come."""

    def __init__(self, history: History, person: Person, kind: ReaderKind) -> None:
        self.person = person
        self.kind: ReaderKind = kind
        self.name = f"{person.name}/{kind}"
        self.ready = asyncio.Event()
        self.cursors: dict[UUID, int] = {}
        self.line = 0
        self.history = history

    def start(self, cursors: dict[UUID, int]) -> None:
        self.cursors = dict(cursors)
        self.history.record(
            ReaderStarted(self.history.now(), self.name, self.kind, self.person.id, dict(cursors))
        )
        self.ready.set()

    def see(self, frame: dict[str, Any]) -> None:
        """Write down a numbered frame, as it stood on the wire."""
        message = frame.get("message") or {}
        message_id = frame.get("message_id") or message.get("id")
        conversation_id, seq = UUID(str(frame["conversation_id"])), int(frame["seq"])
        self.history.record(
            Seen(
                self.history.now(),
                self.name,
                self.line,
                conversation_id,
                seq,
                frame["type"],
                UUID(str(message_id)) if message_id else None,
                message.get("content") if frame["type"] == "new_message" else None,
            )
        )
        self.cursors[conversation_id] = max(seq, self.cursors.get(conversation_id, 0))

    def skip_to(self, conversation_id: UUID, seq: int) -> None:
        """Go on from `seq`: what came before is read in another way, or was not promised."""
        self.history.record(
            Resynced(self.history.now(), self.name, self.line, conversation_id, seq)
        )
        self.cursors[conversation_id] = max(seq, self.cursors.get(conversation_id, 0))


class ClientReader(_Notes):
    """Reads by the library that every `fynix` command reads by."""

    def __init__(self, history: History, person: Person) -> None:
        super().__init__(history, person, "client")

    async def run(self) -> None:
        async with self.person.rest() as rest:
            # The workload begins when everybody is ready, so that nothing happens meanwhile.
            started = {it.id: it.last_seq for it in await rest.all_conversations()}
            live = LiveClient(rest, on_state=lambda text: self._note(text, started))
            async with aclosing(live.frames()) as frames:
                async for frame in frames:
                    if isinstance(frame, DurableFrame):
                        self.see(frame.model_dump())

    def _note(self, text: str, started: dict[UUID, int]) -> None:
        if text != "connected":
            self.line += 1
        elif not self.ready.is_set():
            self.start(started)


class PollingReader(_Notes):
    """Asks by REST for what followed, again and again."""

    def __init__(self, history: History, person: Person) -> None:
        super().__init__(history, person, "poller")

    async def run(self) -> None:
        async with self.person.rest() as rest:
            self.start({it.id: it.last_seq for it in await rest.all_conversations()})
            while True:
                await asyncio.sleep(POLL_SECONDS)
                with _failures_passed():
                    for conversation in await rest.all_conversations():
                        cursor = self.cursors.get(conversation.id, 0)
                        if conversation.last_seq > cursor:
                            page = await rest.events(conversation.id, cursor, limit=100)
                            for frame in page.events:
                                self.see(frame)


@contextmanager
def _failures_passed() -> Iterator[None]:
    """A poll that fails is asked again at the next."""
    with suppress(Unreachable, ApiError):
        yield


class SocketReader(_Notes):
    """A bare socket. `plain`: as the mission has it. `line`: `fynix.v1`, which resumes by
    itself with its cursors, or from now on every other time."""

    async def run(self) -> None:
        if self.kind == "plain":
            self.start({})
            self.ready.clear()
        while True:
            with suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                await self._read_one_line()
            self.line += 1
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _read_one_line(self) -> None:
        protocols = [] if self.kind == "plain" else [Subprotocol("fynix.v1")]
        async with connect(
            self.person.socket_url,
            additional_headers=self.person.bearer,
            subprotocols=protocols or None,
            open_timeout=OPEN_SECONDS,
            close_timeout=1,
            proxy=None,
        ) as socket:
            if self.kind == "line":
                await self._resume(socket)
            self.ready.set()
            async for text in socket:
                self._take(json.loads(text))

    async def _resume(self, socket: ClientConnection) -> None:
        is_anew = not self.ready.is_set() or self.line % 4 == 3
        cursors = {} if is_anew else {str(key): seq for key, seq in self.cursors.items()}
        await socket.send(json.dumps({"type": "resume", "cursors": cursors}))
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "resumed":
                self._resumed({UUID(key): seq for key, seq in frame["cursors"].items()}, is_anew)
                return
            if frame["type"] == "error" and frame["code"] != 4004:
                raise ConnectionResetError("half a resume: come again")
            self._take(frame)

    def _resumed(self, cursors: dict[UUID, int], is_anew: bool) -> None:
        if is_anew:
            self.start(cursors)
            return
        for conversation_id, seq in cursors.items():
            if conversation_id not in self.cursors:
                # Began while away: its beginning is for REST to tell.
                self.skip_to(conversation_id, seq)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "resync_required":
            self.skip_to(UUID(frame["conversation_id"]), frame["last_seq"])
        elif "seq" in frame:
            self.see(frame)
