"""One socket of one person: what it was told, and what it may be told next."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from fynix_server import metrics
from fynix_server.connections.outbox import Outbox
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.tables import new_id


def opened_at(connection_id: UUID) -> datetime:
    """A connection's id begins with the milliseconds since 1970 (UUIDv7)."""
    return datetime.fromtimestamp((connection_id.int >> 80) / 1000, UTC)


class Connection:
    """One socket of one person.

    `carried` is the highest `seq` of each conversation that went into the outbox: nothing at or
    below it goes there live again, so each (conversation, seq) arrives once. From `carried_from`
    on it carried every frame up to there but those `left_out`, since this client had not opted in.
    `held` are conversations whose past is being replayed: their live frames are left out, since
    the replay reads them from the database (sockets/replay.py). It says up to which number some
    were left out. Where a replay failed, `half_replayed` is what it had sent; the conversation
    stays held until the client has resumed it.
    """

    __slots__ = (
        "_outbox",
        "carried",
        "carried_from",
        "closing",
        "half_replayed",
        "held",
        "id",
        "is_opted_in",
        "is_v1",
        "left_out",
        "session_id",
        "user_id",
        "wants_durable",
    )

    def __init__(self, user_id: UUID, session_id: UUID, outbox: Outbox, *, is_v1: bool) -> None:
        self.id = new_id()
        self.user_id = user_id
        self.session_id = session_id
        self.is_v1 = is_v1
        self.is_opted_in = is_v1
        self.wants_durable = not is_v1
        self.carried: dict[UUID, int] = {}
        self.carried_from: dict[UUID, int] = {}
        self.left_out: dict[UUID, set[int]] = {}
        self.held: dict[UUID, int] = {}
        self.half_replayed: dict[UUID, range] = {}
        self.closing: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._outbox = outbox

    @property
    def queued_frames(self) -> int:
        return len(self._outbox)

    def close(self, code: CloseCode) -> None:
        """Ask for the socket to be closed; the first reason wins."""
        if not self.closing.done():
            self.closing.set_result(code)

    def close_as_slow(self) -> None:
        """Cut off a reader that does not keep up (4010): it comes back, and resumes."""
        if not self.closing.done():
            metrics.slow_consumers.inc()
            self.close(CloseCode.SLOW_CONSUMER)

    def send(self, frame: str) -> None:
        """Queue a frame that must arrive; a reader too slow for it is cut off."""
        if not self._outbox.put(frame):
            self.close_as_slow()

    def send_if_roomy(self, frame: str) -> None:
        """Queue a frame that may be lost, such as typing: dropped from half full."""
        if self._outbox.is_half_full:
            metrics.outbox_dropped.labels("typing").inc()
            return
        self.send(frame)

    def send_ping(self, encoded: bytes) -> None:
        """Queue a ping, unless so much waits that writing itself shows whether anybody reads."""
        if not self._outbox.is_half_full:
            self._outbox.put(encoded)

    def send_durable(
        self, frame: str, conversation_id: UUID, seq: int, *, for_opted_in: bool
    ) -> None:
        """Queue a numbered frame, unless this socket had it, or gets it by a replay."""
        if not self.wants_durable:
            return
        if conversation_id in self.held:
            self.held[conversation_id] = max(self.held[conversation_id], seq)
            return
        if self.carried.get(conversation_id, 0) >= seq:
            return
        self.carried[conversation_id] = seq
        self.carried_from.setdefault(conversation_id, seq)
        if for_opted_in and not self.is_opted_in:
            self.left_out.setdefault(conversation_id, set()).add(seq)
            return
        self.send(frame)

    def hold(self, conversation_ids: Iterable[UUID]) -> None:
        """Leave their live frames out from here on, until `note_replay` or `release`."""
        for conversation_id in conversation_ids:
            self.held.setdefault(conversation_id, 0)

    def release(self, conversation_id: UUID) -> None:
        """Live frames may follow."""
        self.held.pop(conversation_id, None)
        self.half_replayed.pop(conversation_id, None)

    def has_carried(self, conversation_id: UUID, seq: int) -> bool:
        """Whether that frame went into the outbox before."""
        if seq in self.half_replayed.get(conversation_id, ()):
            return True
        first, last = self.carried_from.get(conversation_id), self.carried.get(conversation_id)
        if first is None or last is None or not first <= seq <= last:
            return False
        return seq not in self.left_out.get(conversation_id, ())

    def note_replay(self, conversation_id: UUID, first_seq: int, last_seq: int) -> None:
        """Everything from `first_seq` to `last_seq` was carried; live frames may follow."""
        known = self.carried_from.get(conversation_id, first_seq)
        self.carried_from[conversation_id] = min(known, first_seq)
        self.carried[conversation_id] = max(self.carried.get(conversation_id, 0), last_seq)
        left_out = self.left_out.pop(conversation_id, set())
        if before := {seq for seq in left_out if seq < first_seq}:
            self.left_out[conversation_id] = before
        self.release(conversation_id)

    def note_resync(self, conversation_id: UUID, last_seq: int) -> None:
        """The client reads by REST what came up to `last_seq`; what was carried before is moot."""
        self.half_replayed.pop(conversation_id, None)
        self.left_out.pop(conversation_id, None)
        self.carried_from[conversation_id] = last_seq + 1
        self.carried[conversation_id] = max(self.carried.get(conversation_id, 0), last_seq)

    async def wait_for_room(self) -> None:
        """For long replays: return once the reader has kept up."""
        await self._outbox.wait_for_room()

    async def take_frames(self) -> list[str | bytes]:
        return await self._outbox.take()

    def note_written(self, count: int = 1) -> None:
        """The first of the frames taken were written."""
        self._outbox.note_written(count)

    def finish(self) -> None:
        """What is in the outbox is the last that will be written."""
        self._outbox.finish()
