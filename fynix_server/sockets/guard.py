"""One task that looks after all sockets: who has gone silent, is too slow, or may stay no longer.

It also pings them, so that no proxy takes a quiet line for a dead one.

One, because a task and a timer for each socket cost more than all else that is idle in it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from fynix_server.auth import Principal
from fynix_server.connections import Connection
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.resources import Resources
from fynix_server.sockets.wire import PING

LOOK_SECONDS = 0.5
SILENT_HEARTBEATS = 2
"""A `fynix.v1` client that sends nothing for so many heartbeats is gone (4011)."""


@dataclass(slots=True, eq=False)
class Pulse:
    """One socket: when its client was last heard, and since when a write to it is under way.

    `is_raw`: its pings are ours to send (sockets/wire.py).
    """

    connection: Connection
    principal: Principal
    is_v1: bool
    is_raw: bool
    heard_at: float = field(default_factory=time.monotonic)
    pinged_at: float = field(default_factory=time.monotonic)
    writing_since: float | None = None


class Guard:
    """Closes sockets whose token has expired, whose `fynix.v1` client has gone silent, or whose
    reader takes nothing for too long."""

    def __init__(self, resources: Resources) -> None:
        settings = resources.settings
        self._clock = resources.clock
        self._heartbeat_seconds = settings.ws_heartbeat_seconds
        self._silence_seconds = self._heartbeat_seconds * SILENT_HEARTBEATS
        self._write_seconds = settings.ws_write_timeout_seconds
        self._pulses: set[Pulse] = set()

    def watch(
        self, connection: Connection, principal: Principal, *, is_v1: bool, is_raw: bool
    ) -> Pulse:
        """Look after a socket, until `forget`."""
        pulse = Pulse(connection, principal, is_v1, is_raw)
        self._pulses.add(pulse)
        return pulse

    def forget(self, pulse: Pulse) -> None:
        self._pulses.discard(pulse)

    async def run(self) -> None:
        """Look at all of them, for the life of the instance."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now, moment = time.monotonic(), self._clock()
            for pulse in self._pulses:
                self._look_at(pulse, now, moment)

    def _look_at(self, pulse: Pulse, now: float, moment: datetime) -> None:
        if pulse.principal.expires_at <= moment:
            pulse.connection.close(CloseCode.AUTHENTICATION_FAILED)
        elif pulse.is_v1 and now - pulse.heard_at >= self._silence_seconds:
            pulse.connection.close(CloseCode.NO_PONG)
        elif pulse.writing_since and now - pulse.writing_since >= self._write_seconds:
            pulse.connection.close_as_slow()
        elif pulse.is_raw and now - pulse.pinged_at >= self._heartbeat_seconds:
            pulse.pinged_at = now
            pulse.connection.send_ping(PING)
