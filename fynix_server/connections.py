"""The open connections of this instance: who has which, and what waits to be written to each.

Knows nothing of WebSockets: `sockets/` reads the outbox and obeys `closing`.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from uuid import UUID

from fynix_server import metrics
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.tables import new_id


class Outbox:
    """Frames that wait to be written, bounded in number and bytes."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._frames: deque[str] = deque()
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()
        self._is_finished = False

    @property
    def is_half_full(self) -> bool:
        return len(self._frames) * 2 >= self._max_frames or self._bytes * 2 >= self._max_bytes

    def put(self, frame: str) -> bool:
        """Append `frame`; False, and nothing appended, where it does not fit."""
        if self._is_finished:
            return True  # the socket is closing: nobody is there to be too slow
        is_full = len(self._frames) >= self._max_frames
        if is_full or self._bytes + len(frame) > self._max_bytes:
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        self._filled.set()
        return True

    async def take(self) -> list[str]:
        """Wait for frames, then take all that are there. None of them: there will be no more."""
        if not self._is_finished:
            await self._filled.wait()
        frames = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        self._filled.clear()
        self._taken.set()
        return frames

    def finish(self) -> None:
        """Nothing is put in any more: once it is empty, `take` says so."""
        self._is_finished = True
        self._filled.set()

    async def wait_for_room(self) -> None:
        """Return once less than half of it is taken."""
        while self.is_half_full:
            self._taken.clear()
            await self._taken.wait()


class Connection:
    """One socket of one person.

    `carried` is the highest `seq` of each conversation that went into the outbox: nothing at or
    below it goes there live again, so each (conversation, seq) arrives once. From
    `messages_from` on it carried every message up to there, from `all_from` on every frame.
    `held` are conversations whose past is being replayed: their live frames are left out, since
    the replay reads them from the database (sockets/replay.py).
    """

    def __init__(self, user_id: UUID, session_id: UUID, outbox: Outbox, *, is_v1: bool) -> None:
        self.id = new_id()
        self.user_id = user_id
        self.session_id = session_id
        self.is_opted_in = is_v1
        self.wants_durable = not is_v1
        self.carried: dict[UUID, int] = {}
        self.messages_from: dict[UUID, int] = {}
        self.all_from: dict[UUID, int] = {}
        self.held: set[UUID] = set()
        self.closing: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._outbox = outbox

    def close(self, code: CloseCode) -> None:
        """Ask for the socket to be closed; the first reason wins."""
        if not self.closing.done():
            self.closing.set_result(code)

    def send(self, frame: str) -> None:
        """Queue a frame that must arrive; a reader too slow for it is cut off (4010)."""
        if not self._outbox.put(frame) and not self.closing.done():
            metrics.slow_consumers.inc()
            self.close(CloseCode.SLOW_CONSUMER)

    def send_if_roomy(self, frame: str) -> None:
        """Queue a frame that may be lost, such as typing: dropped from half full."""
        if self._outbox.is_half_full:
            metrics.outbox_dropped.labels("typing").inc()
            return
        self.send(frame)

    def send_durable(
        self, frame: str, conversation_id: UUID, seq: int, *, for_opted_in: bool
    ) -> None:
        """Queue a numbered frame, unless this socket had it, or gets it by a replay."""
        if not self.wants_durable or conversation_id in self.held:
            return
        if self.carried.get(conversation_id, 0) >= seq:
            return
        self.carried[conversation_id] = seq
        if self.is_opted_in:
            self.all_from.setdefault(conversation_id, seq)
        else:
            self.messages_from.setdefault(conversation_id, seq)
            if for_opted_in:
                return
        self.send(frame)

    def has_carried(self, conversation_id: UUID, seq: int, *, is_message: bool) -> bool:
        """Whether that frame went into the outbox before."""
        if seq > self.carried.get(conversation_id, 0):
            return False
        if seq >= self.all_from.get(conversation_id, seq + 1):
            return True
        return is_message and seq >= self.messages_from.get(conversation_id, seq + 1)

    def note_replay(self, conversation_id: UUID, first_seq: int, last_seq: int) -> None:
        """Everything from `first_seq` to `last_seq` was carried; live frames may follow."""
        known = self.all_from.get(conversation_id, first_seq)
        self.all_from[conversation_id] = min(known, first_seq)
        self.carried[conversation_id] = max(self.carried.get(conversation_id, 0), last_seq)
        self.held.discard(conversation_id)

    def note_resync(self, conversation_id: UUID, last_seq: int) -> None:
        """The client reads by REST what came up to `last_seq`; what was carried before is moot."""
        self.messages_from.pop(conversation_id, None)
        self.all_from[conversation_id] = last_seq + 1
        self.carried[conversation_id] = max(self.carried.get(conversation_id, 0), last_seq)

    async def wait_for_room(self) -> None:
        """For long replays: return once the reader has kept up."""
        await self._outbox.wait_for_room()

    async def take_frames(self) -> list[str]:
        return await self._outbox.take()

    def finish(self) -> None:
        """What is in the outbox is the last that will be written."""
        self._outbox.finish()


class Connections:
    """The connections of this instance, by person and by session."""

    def __init__(self, max_per_user: int) -> None:
        self._by_user: dict[UUID, dict[UUID, Connection]] = {}
        self._max_per_user = max_per_user

    def __len__(self) -> int:
        return sum(len(mine) for mine in self._by_user.values())

    def __iter__(self) -> Iterator[Connection]:
        return (it for mine in list(self._by_user.values()) for it in list(mine.values()))

    @property
    def users(self) -> Iterable[UUID]:
        return self._by_user.keys()

    def of_user(self, user_id: UUID) -> Iterable[Connection]:
        mine = self._by_user.get(user_id)
        return mine.values() if mine else ()

    def has(self, user_id: UUID) -> bool:
        return user_id in self._by_user

    def add(self, connection: Connection) -> None:
        """Register it. One too many of a person: their oldest is closed (4012)."""
        mine = self._by_user.setdefault(connection.user_id, {})
        mine[connection.id] = connection
        metrics.websocket_connections.inc()
        open_ones = [it for it in mine.values() if not it.closing.done()]
        for oldest in open_ones[: max(0, len(open_ones) - self._max_per_user)]:
            oldest.close(CloseCode.TOO_MANY_CONNECTIONS)

    def remove(self, connection: Connection) -> None:
        mine = self._by_user.get(connection.user_id, {})
        if mine.pop(connection.id, None) is not None:
            metrics.websocket_connections.dec()
        if not mine:
            self._by_user.pop(connection.user_id, None)

    def close_session(self, user_id: UUID, session_id: UUID, code: CloseCode) -> None:
        for connection in list(self.of_user(user_id)):
            if connection.session_id == session_id:
                connection.close(code)
