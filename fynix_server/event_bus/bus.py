"""Events between instances. Redis is a doorbell: what it loses, delivery reads from the database.

An event reaches this instance's own sockets directly, and the others' through Redis pub/sub.
What has gathered for a channel goes as one payload: the instance that sent it in the first line;
then for each event a line of JSON (recipients and order), and one with the frame as sockets get
it, which instances forward without decoding it. A control event is a line of JSON alone.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import structlog

from fynix_server import metrics
from fynix_server.event_bus.envelope import Envelope, decode, encode
from fynix_server.redis_client import REDIS_ERRORS, RedisClient
from fynix_server.tables import new_id

MESSAGES = "dm_messages"
TYPING = "dm_typing"
READ_RECEIPTS = "dm_read_receipts"
CONTROL = "dm_control"
"""Sessions that ended; beside the mission's three, for instances alone."""
CHANNELS = (MESSAGES, TYPING, READ_RECEIPTS, CONTROL)

MAX_WAITING = 10_000
MAX_TOGETHER = 200
"""Events that are sent at once."""
RECONNECT_SECONDS = 0.5
SILENCE_SECONDS = 1.0
"""After so long without a word from Redis it is asked; after as long again it counts as away."""
log = structlog.get_logger(__name__)

Deliver = Callable[[Envelope], None]
Obey = Callable[[dict[str, str]], None]

_Line = Literal["published", "subscribed"]
_LOOK = "look"
"""A control event of the bus itself: its sender could not announce something."""


class EventBus:
    """Publishing never waits and never fails: the flusher sends what has gathered, in order.

    It is connected while both of its lines work: the one that it publishes on, and the one that
    it subscribed on. Either may die alone.
    """

    def __init__(self, redis: RedisClient, *, has_peers: bool = True) -> None:
        """`has_peers` False: no other instance can hear, so nothing is sent to Redis."""
        self._redis = redis
        self._has_peers = has_peers
        self._origin = new_id().hex.encode()
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MAX_WAITING)
        self._gathered = asyncio.Event()
        self._deliver: Deliver = _nobody_listens
        self._obey: Obey = _nobody_listens
        self._changed: Callable[[], None] = _nothing_missed
        self._broken: set[_Line] = {"subscribed"}
        self._connected = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    async def wait_until_connected(self) -> None:
        await self._connected.wait()

    def connect(self, deliver: Deliver, obey: Obey, changed: Callable[[], None]) -> None:
        """Say who takes the events of this instance and of others, and who is told that some may
        have been missed. Once, before serving."""
        self._deliver, self._obey, self._changed = deliver, obey, changed

    def publish(self, envelope: Envelope) -> None:
        """Deliver here, and to the other instances soon. Call it after the commit."""
        self._deliver(envelope)
        if self._has_peers:
            self._queue(envelope.channel, encode(envelope))

    def publish_control(self, event: dict[str, str]) -> None:
        """Tell every instance, this one included, of something that is not a frame."""
        self._obey(event)
        self._queue(CONTROL, json.dumps(event).encode())

    def ask_to_look(self) -> None:
        """Make every instance look for what it may have missed: something was not announced."""
        self._changed()
        self._queue(CONTROL, json.dumps({"type": _LOOK}).encode())

    def _queue(self, channel: str, payload: bytes) -> None:
        if self._has_peers:
            # Full while Redis is away: the oldest goes, and the reconciler finds what it announced.
            self._waiting.append((channel, payload))
            self._gathered.set()

    async def flush(self) -> None:
        """Send what gathers, together. Runs for the life of the instance."""
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            while self._waiting:
                count = min(len(self._waiting), MAX_TOGETHER)
                batch = [self._waiting.popleft() for _ in range(count)]
                try:
                    await self._send(batch)
                except REDIS_ERRORS as error:
                    metrics.bus_errors.inc()
                    self._broke("published", error)
                    await self._wait_for_redis()

    async def _wait_for_redis(self) -> None:
        """Drop what waits until Redis answers; then tell the others that they missed something."""
        while True:
            # Dropped, not kept: late copies would help nobody, the database has them.
            self._waiting.clear()
            await asyncio.sleep(RECONNECT_SECONDS)
            try:
                await self._redis.ping()
                break
            except REDIS_ERRORS:
                continue
        self._waiting.clear()
        # Their own line may have been well all along, so that they do not know.
        self.ask_to_look()
        self._mended("published")

    async def _send(self, batch: list[tuple[str, bytes]]) -> None:
        payloads = [
            (channel, b"\n".join([self._origin, *(event for _, event in events)]))
            for channel, events in groupby(batch, key=itemgetter(0))
        ]
        if len(payloads) == 1:
            await self._redis.publish(*payloads[0])
            return
        pipeline = self._redis.pipeline(transaction=False)
        for channel, payload in payloads:
            pipeline.publish(channel, payload)
        await pipeline.execute()

    async def listen(self) -> None:
        """Take the other instances' events. Runs for the life of the instance; reconnects."""
        while True:
            try:
                await self._listen_once()
            except REDIS_ERRORS as error:
                self._broke("subscribed", error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        # One subscribe for all channels: two at once on a fresh connection may lose one.
        async with self._redis.pubsub(ignore_subscribe_messages=False) as subscriber:
            await subscriber.subscribe(*CHANNELS)
            is_asked = False
            while True:
                message = await subscriber.get_message(timeout=SILENCE_SECONDS)
                if message is not None:
                    is_asked = False
                    self._take(message)
                elif is_asked:
                    raise TimeoutError("Redis does not answer on the line subscribed on")
                else:
                    # On this very line: it may be dead while others live.
                    await subscriber.ping()
                    is_asked = True

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            # Also after the client has reconnected by itself, which it does without a word.
            self._mended("subscribed")
            self._changed()
        elif message["type"] == "message":
            self._receive(message["channel"].decode(), message["data"])

    def _mended(self, line: _Line) -> None:
        self._broken.discard(line)
        if not self._broken and not self.is_connected:
            self._connected.set()
            log.info("bus_connected")
            self._changed()

    def _broke(self, line: _Line, error: BaseException) -> None:
        self._broken.add(line)
        if self.is_connected:
            self._connected.clear()
            log.warning("bus_disconnected", error=type(error).__name__)
            self._changed()

    def _receive(self, channel: str, payload: bytes) -> None:
        origin, *lines = payload.split(b"\n")
        if origin == self._origin:
            return
        try:
            if not lines:
                raise ValueError("no events")
            if channel == CONTROL:
                for line in lines:
                    self._follow(json.loads(line))
                return
            for head, frame in zip(lines[::2], lines[1::2], strict=True):
                self._deliver(decode(channel, json.loads(head), frame))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Anything that may publish to this Redis can put it here; it must not stop delivery.
            log.warning("bus_payload_unreadable", channel=channel)

    def _follow(self, event: dict[str, str]) -> None:
        if event["type"] == _LOOK:
            self._changed()
        else:
            self._obey(event)


def _nobody_listens(_event: object) -> None:
    """Before `connect`: nobody is there to be told."""


def _nothing_missed() -> None:
    """Before `connect`: nothing can have been missed."""
