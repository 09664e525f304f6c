"""From the bus to the outboxes: every numbered frame once, in order, whatever the bus loses.

For each conversation of its connected people this instance remembers the last `seq` it handed
out. The next number goes out at once; an older one is a double; a jump means that something was
lost or overtaken on the way, and the missing frames are read from the database.
"""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import structlog

from fynix_server import metrics
from fynix_server.connections import Connections
from fynix_server.database import Database
from fynix_server.errors import Unavailable
from fynix_server.event_bus import TYPING, Envelope
from fynix_server.event_log import LoggedFrame, frames_after
from fynix_server.sockets import queries

FILL_BATCH = 300
RETRY_SECONDS = 0.5
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Feed:
    """Where a conversation stands on this instance.

    `delivered`: the last number handed out; None until the database has said where to begin.
    `wanted`: the highest number known to exist. `watchers`: connected people who take part.
    """

    delivered: int | None
    wanted: int = 0
    watchers: int = 0
    is_filling: bool = False


class Delivery:
    """Hands envelopes to connections. `run` owns the filling of gaps."""

    def __init__(self, database: Database, connections: Connections) -> None:
        self._database = database
        self._connections = connections
        self._feeds: dict[UUID, Feed] = {}
        self._watched: dict[UUID, set[UUID]] = {}
        self._loading: dict[UUID, dict[UUID, int]] = {}
        self._loads: dict[UUID, asyncio.Task[None]] = {}
        self._to_fill: asyncio.Queue[UUID] = asyncio.Queue()

    # ── who is here ──────────────────────────────────────────────────────────────────────────

    async def begin_watching(self, user_id: UUID) -> None:
        """Learn where each of a person's conversations stands. Call before their socket is live.

        Raises: Unavailable.
        """
        if user_id in self._watched:
            return
        load = self._loads.get(user_id)
        if load is None:
            load = self._loads[user_id] = asyncio.create_task(self._load(user_id))
        await asyncio.shield(load)

    async def _load(self, user_id: UUID) -> None:
        # What arrives while the database answers may be newer than its answer: noted, compared.
        noted = self._loading[user_id] = {}
        try:
            async with self._database.read() as connection:
                standing = await queries.standing_of_user(connection, user_id)
            self._watched[user_id] = set()
            for conversation_id, last_seq in standing.items():
                feed = self._feeds.setdefault(conversation_id, Feed(delivered=last_seq))
                self._watch(user_id, conversation_id, feed)
        finally:
            del self._loading[user_id]
            del self._loads[user_id]
        for conversation_id, seq in noted.items():
            self.note(conversation_id, seq)

    def end_watching(self, user_id: UUID) -> None:
        """Forget the conversations of a person who has no connection here any more."""
        if self._connections.has(user_id):
            return
        for conversation_id in self._watched.pop(user_id, ()):
            feed = self._feeds[conversation_id]
            feed.watchers -= 1
            if feed.watchers == 0:
                del self._feeds[conversation_id]

    def _watch(self, user_id: UUID, conversation_id: UUID, feed: Feed) -> None:
        mine = self._watched.get(user_id)
        if mine is not None and conversation_id not in mine:
            mine.add(conversation_id)
            feed.watchers += 1

    def delivered(self, conversation_id: UUID) -> int:
        """The last number that this instance handed out of it; 0 where it follows none."""
        feed = self._feeds.get(conversation_id)
        return (feed.delivered or 0) if feed else 0

    def standing(self, user_id: UUID) -> dict[UUID, int]:
        """Where each conversation of a connected person stands: the last number handed out.

        Left out: those that this instance has only just heard of, whose frames are on their way.
        """
        return {
            conversation_id: feed.delivered
            for conversation_id in self._watched.get(user_id, ())
            if (feed := self._feeds[conversation_id]).delivered is not None
        }

    # ── events ───────────────────────────────────────────────────────────────────────────────

    def deliver(self, envelope: Envelope) -> None:
        """Take an envelope from the bus. Never waits."""
        if envelope.seq is None:
            self._hand_out_ephemeral(envelope)
            return
        for user_id in self._loading.keys() & set(envelope.recipients) if self._loading else ():
            noted = self._loading[user_id]
            noted[envelope.conversation_id] = max(
                envelope.seq, noted.get(envelope.conversation_id, 0)
            )
        feed = self._feeds.get(envelope.conversation_id)
        if feed is None:
            if any(user_id in self._watched for user_id in envelope.recipients):
                self.note(envelope.conversation_id, envelope.seq)
        elif feed.is_filling or feed.delivered is None or envelope.seq > feed.delivered + 1:
            self.note(envelope.conversation_id, envelope.seq)
        elif envelope.seq == feed.delivered + 1:
            feed.delivered = envelope.seq
            for user_id in envelope.joiners:
                self._watch(user_id, envelope.conversation_id, feed)
            self._hand_out(envelope, envelope.seq)

    def note(self, conversation_id: UUID, seq: int) -> None:
        """Something up to `seq` exists: make sure that it is handed out."""
        feed = self._feeds.get(conversation_id)
        if feed is None:
            feed = self._feeds[conversation_id] = Feed(delivered=None)
        if feed.delivered is not None and seq <= feed.delivered:
            return
        feed.wanted = max(feed.wanted, seq)
        if not feed.is_filling:
            feed.is_filling = True
            self._to_fill.put_nowait(conversation_id)

    def _hand_out(self, envelope: Envelope, seq: int) -> None:
        metrics.delivery_latency.observe(max(0.0, time.time() - envelope.committed_at))
        for user_id in envelope.recipients:
            is_late = envelope.latecomers and user_id in envelope.latecomers
            frame = envelope.latecomer_frame if is_late else envelope.frame
            for connection in self._connections.of_user(user_id):
                connection.send_durable(
                    frame,
                    envelope.conversation_id,
                    seq,
                    for_opted_in=envelope.for_opted_in,
                )

    def _hand_out_ephemeral(self, envelope: Envelope) -> None:
        may_drop = envelope.channel == TYPING
        for user_id in envelope.recipients:
            for connection in self._connections.of_user(user_id):
                if may_drop:
                    connection.send_if_roomy(envelope.frame)
                else:
                    connection.send(envelope.frame)

    # ── gaps ─────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Fill gaps, one conversation after the other, for the life of the instance."""
        while True:
            conversation_id = await self._to_fill.get()
            try:
                await self._fill(conversation_id)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
                self._to_fill.put_nowait(conversation_id)

    async def _fill(self, conversation_id: UUID) -> None:
        feed = self._feeds.get(conversation_id)
        if feed is None:  # everybody who watched it has left
            return
        async with self._database.read() as connection:
            members = await queries.members_over_time(connection, conversation_id)
            local = [it for it in members if it.user_id in self._watched]
            if feed.delivered is None:
                # New to this instance: what its people were told begins with their joining.
                feed.delivered = min((it.joined_seq for it in local), default=feed.wanted + 1) - 1
            for member in local:
                if member.left_seq is None:
                    self._watch(member.user_id, conversation_id, feed)
            frames = await frames_after(connection, conversation_id, feed.delivered, FILL_BATCH)
        for frame in frames:
            self._hand_out_logged(conversation_id, frame, local)
            # No await since the frames were read: nobody else has moved it.
            feed.delivered = frame.seq
        metrics.gap_fills.inc()
        feed.is_filling = False
        if frames and feed.delivered < feed.wanted:
            self.note(conversation_id, feed.wanted)
        if feed.watchers == 0 and conversation_id in self._feeds:
            del self._feeds[conversation_id]

    def _hand_out_logged(
        self,
        conversation_id: UUID,
        logged: LoggedFrame,
        local: list[queries.MemberSpan],
    ) -> None:
        entitled = [it for it in local if it.covers(logged.seq)]
        self._hand_out(
            Envelope(
                channel="",
                recipients=tuple(it.user_id for it in entitled),
                frame=logged.frame,
                latecomers=tuple(
                    it.user_id
                    for it in entitled
                    if logged.about_seq is not None and logged.about_seq < it.joined_seq
                ),
                latecomer_frame=logged.latecomer_frame,
                conversation_id=conversation_id,
                for_opted_in=logged.type != "new_message",
            ),
            logged.seq,
        )

    def reconcile(self, touched: dict[UUID, int]) -> None:
        """Compare with what the database says was touched lately: `last_seq` by conversation."""
        for conversation_id, last_seq in touched.items():
            feed = self._feeds.get(conversation_id)
            if feed is not None and (feed.delivered is None or feed.delivered < last_seq):
                self.note(conversation_id, last_seq)
