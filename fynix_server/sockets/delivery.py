"""From the bus to the outboxes: every numbered frame once, in order, whatever the bus loses.

For each conversation of its connected people this instance remembers the last `seq` it handed
out. The next number goes out at once; an older one is a double; a jump means that something was
lost or overtaken on the way, and the missing frames are read from the database.
"""

import asyncio
import time
from uuid import UUID

from fynix_server import metrics
from fynix_server.connections import Connections
from fynix_server.database import Database
from fynix_server.errors import Unavailable
from fynix_server.event_bus import TYPING, Envelope
from fynix_server.event_log import frames_after
from fynix_server.membership import load_members
from fynix_server.policy import Policy
from fynix_server.sockets import queries
from fynix_server.sockets.feed import Feed, News, logged_envelope, variant_for

FILL_BATCH = 300
RETRY_SECONDS = 0.5


class Delivery:
    """Hands envelopes to connections. `run` owns the filling of gaps."""

    def __init__(self, database: Database, connections: Connections, policy: Policy) -> None:
        self._database = database
        self._policy = policy
        self._connections = connections
        self._feeds: dict[UUID, Feed] = {}
        self._watched: dict[UUID, set[UUID]] = {}
        self._loading: dict[UUID, dict[UUID, News]] = {}
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
            # Whoever waits for it may have gone when it fails.
            load.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(load)

    async def _load(self, user_id: UUID) -> None:
        # What arrives while the database answers may be newer than its answer: noted, compared.
        noted = self._loading[user_id] = {}
        try:
            async with self._database.read() as connection:
                standing = await queries.standing_of_user(connection, user_id)
            self._watched[user_id] = set()
            for conversation_id, (last_seq, _) in standing.items():
                feed = self._feeds.setdefault(conversation_id, Feed(delivered=last_seq))
                if feed.delivered is None or feed.is_filling:
                    feed.stands[user_id] = last_seq
                elif feed.delivered > last_seq:
                    # This answer is older than what others were told: see whether it still holds.
                    self._fill_soon(conversation_id, feed)
                self._watch(user_id, conversation_id, feed)
        finally:
            del self._loading[user_id]
            del self._loads[user_id]
        for conversation_id, news in noted.items():
            self._compare(user_id, conversation_id, news)

    def _compare(self, user_id: UUID, conversation_id: UUID, news: News) -> None:
        if news.is_member:
            self.note(conversation_id, news.seq)
            self._watch(user_id, conversation_id, self._feeds[conversation_id])
        elif (feed := self._feeds.get(conversation_id)) is not None:
            self.note(conversation_id, news.seq)
            if feed.delivered is not None and feed.delivered >= news.seq:
                self._unwatch(user_id, conversation_id)

    def follow(self, user_id: UUID, conversation_id: UUID, joined_seq: int) -> None:
        """Somebody connected takes part in it, a replay has found; it may be news here."""
        if self._is_stranger(user_id, conversation_id):
            feed = self._feeds.setdefault(conversation_id, Feed(delivered=None))
            # From their joining: they may have other connections, which were not told by a replay.
            feed.stands[user_id] = joined_seq - 1
            self._watch(user_id, conversation_id, feed)
            self._fill_soon(conversation_id, feed)

    def end_watching(self, user_id: UUID) -> None:
        """Forget the conversations of a person who has no connection here any more."""
        if self._connections.has(user_id):
            return
        for conversation_id in tuple(self._watched.get(user_id, ())):
            self._unwatch(user_id, conversation_id)
        self._watched.pop(user_id, None)

    def _watch(self, user_id: UUID, conversation_id: UUID, feed: Feed) -> None:
        mine = self._watched.get(user_id)
        if mine is not None and conversation_id not in mine:
            mine.add(conversation_id)
            feed.watchers += 1

    def _unwatch(self, user_id: UUID, conversation_id: UUID) -> None:
        mine = self._watched.get(user_id)
        if mine is not None and conversation_id in mine:
            mine.remove(conversation_id)
            feed = self._feeds[conversation_id]
            feed.watchers -= 1
            if feed.watchers == 0:
                del self._feeds[conversation_id]

    def standing(self, user_id: UUID) -> dict[UUID, int]:
        """Where each conversation of a connected person stands: the last number handed out.

        Left out: those that this instance has only just heard of, whose frames are on their way.
        """
        return {
            conversation_id: seq
            for conversation_id in self._watched.get(user_id, ())
            if (seq := self._feeds[conversation_id].stand_of(user_id)) is not None
        }

    # ── events ───────────────────────────────────────────────────────────────────────────────

    def deliver(self, envelope: Envelope) -> None:
        """Take an envelope from the bus. Never waits."""
        if envelope.seq is None:
            self._hand_out_ephemeral(envelope)
            return
        if self._loading:
            self._note_for_loading(envelope, envelope.seq)
        feed = self._feeds.get(envelope.conversation_id)
        if feed is None:
            if any(user_id in self._watched for user_id in envelope.recipients):
                self.note(envelope.conversation_id, envelope.seq)
        elif feed.is_next(envelope.seq) and not self._has_strangers(envelope):
            self._hand_out_next(envelope, envelope.seq, feed)
        else:
            self.note(envelope.conversation_id, envelope.seq)

    def _note_for_loading(self, envelope: Envelope, seq: int) -> None:
        for user_id in self._loading.keys() & set(envelope.recipients):
            noted = self._loading[user_id]
            known = noted.get(envelope.conversation_id)
            if known is None or known.seq < seq:
                news = News(seq, is_member=user_id not in envelope.leavers)
                noted[envelope.conversation_id] = news

    def _hand_out_next(self, envelope: Envelope, seq: int, feed: Feed) -> None:
        feed.hand_out(seq)
        for user_id in envelope.joiners:
            self._watch(user_id, envelope.conversation_id, feed)
        self._hand_out(envelope, seq)
        for user_id in envelope.leavers:
            if self._connections.carried_more(user_id, envelope.conversation_id, seq):
                # By a replay, so that they may be in it again: the database says.
                self._fill_soon(envelope.conversation_id, feed)
            else:
                self._unwatch(user_id, envelope.conversation_id)

    def _has_strangers(self, envelope: Envelope) -> bool:
        """Whether it is for somebody here who was not told that they had joined."""
        return any(
            self._is_stranger(user_id, envelope.conversation_id)
            for user_id in envelope.recipients
            if user_id not in envelope.joiners
        )

    def _is_stranger(self, user_id: UUID, conversation_id: UUID) -> bool:
        mine = self._watched.get(user_id)
        return mine is not None and conversation_id not in mine

    def note(self, conversation_id: UUID, seq: int) -> None:
        """Something up to `seq` exists: make sure that it is handed out."""
        feed = self._feeds.get(conversation_id)
        if feed is None:
            feed = self._feeds[conversation_id] = Feed(delivered=None)
        if feed.delivered is not None and seq <= feed.delivered:
            return
        feed.wanted = max(feed.wanted, seq)
        self._fill_soon(conversation_id, feed)

    def _fill_soon(self, conversation_id: UUID, feed: Feed) -> None:
        if not feed.is_filling:
            feed.is_filling = True
            self._to_fill.put_nowait(conversation_id)

    def _hand_out(self, envelope: Envelope, seq: int) -> None:
        metrics.delivery_latency.observe(max(0.0, time.time() - envelope.committed_at))
        frame, for_opted_in = envelope.frame, envelope.for_opted_in
        has_variants = envelope.excluded or envelope.blockers
        for user_id in envelope.recipients:
            if has_variants:
                frame, for_opted_in = variant_for(user_id, envelope)
            for connection in self._connections.of_user(user_id):
                connection.send_durable(
                    frame, envelope.conversation_id, seq, for_opted_in=for_opted_in
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
        if feed is None or not feed.is_filling:
            return  # everybody who watched it has left; who has come since began anew
        horizon = await self._policy.horizon()
        async with self._database.read() as connection:
            members = await queries.members_over_time(connection, conversation_id)
            present = await load_members(connection, conversation_id)
            stands = self._stands(conversation_id, feed, members)
            begin = min(stands.values(), default=feed.delivered or feed.wanted)
            frames = await frames_after(connection, conversation_id, begin, FILL_BATCH, horizon)
        if self._feeds.get(conversation_id) is not feed:
            return
        # Once more: people have come and gone meanwhile. What is below does not await.
        stands = self._stands(conversation_id, feed, members)
        if min(stands.values(), default=begin) < begin:
            self._to_fill.put_nowait(conversation_id)
            return
        feed.wanted = max(feed.wanted, feed.delivered or 0)
        feed.stands = stands
        feed.hand_out(begin)
        for frame in frames:
            here = [it for it in members if frame.seq > stands.get(it.user_id, frame.seq)]
            entitled = [it for it in here if it.covers(frame.seq)]
            envelope = logged_envelope(conversation_id, frame, entitled, present)
            self._hand_out(envelope, frame.seq)
            feed.hand_out(frame.seq)
        metrics.gap_fills.inc()
        feed.is_filling = False
        if frames and (feed.delivered or 0) < feed.wanted:
            self._fill_soon(conversation_id, feed)
        self._watch_members(conversation_id, feed, members)

    def _stands(
        self, conversation_id: UUID, feed: Feed, members: list[queries.MemberSpan]
    ) -> dict[UUID, int]:
        """Up to where the people here are told already. Who is new to it: up to their joining.

        Who had left before they connected is not in it.
        """
        stands = {}
        for member in members:
            mine = self._watched.get(member.user_id)
            is_watching = mine is not None and conversation_id in mine
            if mine is None or not (is_watching or member.left_seq is None):
                continue
            known = feed.stand_of(member.user_id) if is_watching else None
            stands[member.user_id] = member.joined_seq - 1 if known is None else known
        return stands

    def _watch_members(
        self, conversation_id: UUID, feed: Feed, members: list[queries.MemberSpan]
    ) -> None:
        delivered = feed.delivered or 0
        for member in members:
            if member.left_seq is None:
                self._watch(member.user_id, conversation_id, feed)
        for member in members:
            if member.left_seq is not None and member.left_seq <= delivered:
                self._unwatch(member.user_id, conversation_id)
        if feed.watchers == 0:
            self._feeds.pop(conversation_id, None)

    def reconcile(self, changed: dict[UUID, queries.Touched]) -> None:
        """Compare with what the database says has changed lately, by conversation."""
        for conversation_id, now in changed.items():
            feed = self._feeds.get(conversation_id)
            if feed is None:
                if any(user_id in self._watched for user_id in now.joiners):
                    self.note(conversation_id, now.last_seq)
            elif any(self._is_stranger(user_id, conversation_id) for user_id in now.joiners):
                self._fill_soon(conversation_id, feed)
            else:
                self.note(conversation_id, now.last_seq)
