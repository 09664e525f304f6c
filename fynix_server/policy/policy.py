"""The policy of a running instance: loaded whole, and anew whenever somebody has changed it."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from fynix_server.clock import Clock
from fynix_server.database import Database
from fynix_server.errors import Unavailable
from fynix_server.event_bus import EventBus
from fynix_server.policy import queries
from fynix_server.policy.snapshot import NOT_LOADED, Restrictions, Snapshot

CHECK_SECONDS = 10.0
CHECK_SECONDS_WITHOUT_REDIS = 1.0
"""And where the last check failed."""
LOOK_BACK = timedelta(seconds=60)
"""Longer than a check and than what clocks of instances may differ by."""
POLICY_CHANGED = "policy_changed"
"""The control event that makes every instance check at once."""
log = structlog.get_logger(__name__)


class Policy:
    """Whoever changes it calls `apply_change` after the commit. `run` finds changes by others.

    An instance that is told of a change applies it within milliseconds; one whose control event
    was lost, at its next check.
    """

    def __init__(
        self,
        database: Database,
        event_bus: EventBus,
        clock: Clock,
        snapshot: Snapshot = NOT_LOADED,
    ) -> None:
        self._database = database
        self._event_bus = event_bus
        self._clock = clock
        self._snapshot = snapshot
        self._look_now = asyncio.Event()
        self._loading = asyncio.Lock()
        self._looked_at: datetime = clock()
        self._did_look = False
        self.on_shut_out: Callable[[UUID], None] = _nobody_connected

    @property
    def snapshot(self) -> Snapshot:
        """What holds now. Raises: Unavailable (it could not be loaded yet: nothing may pass)."""
        if self._snapshot is NOT_LOADED:
            raise Unavailable("The server has not read its rules yet; try again.")
        return self._snapshot

    def restrictions_of(self, user_id: UUID) -> Restrictions | None:
        """None: no restrictions, as almost everybody. Raises: Unavailable."""
        return self.snapshot.restrictions.get(user_id)

    def keeps_silent(self, user_id: UUID) -> bool:
        """Whether others are not to learn that somebody types. Raises: Unavailable."""
        restrictions = self.restrictions_of(user_id)
        if restrictions is None:
            return False
        now = self._clock()
        return restrictions.holds("muted", now) or restrictions.holds("shadow_limited", now)

    async def apply_change(self) -> None:
        """Have a change in force here when this returns, and in the other instances soon.

        After its commit. Where the database has gone away since, the next check finds it.
        """
        self._event_bus.publish_control({"type": POLICY_CHANGED})
        with contextlib.suppress(Unavailable):
            await self.refresh()

    def look_now(self) -> None:
        """Do not wait for the next check."""
        self._look_now.set()

    async def refresh(self) -> None:
        """Load it if it has changed. Raises: Unavailable."""
        async with self._loading:
            now = self._clock()
            async with self._database.read() as connection:
                if await queries.policy_version(connection) == self._snapshot.version:
                    return
                loaded = await queries.load_snapshot(connection, now)
                since = min(now, self._looked_at) - LOOK_BACK
                shut_out = await queries.shut_out_since(connection, since)
            self._snapshot = loaded
            self._looked_at = now
        for user_id in shut_out:
            self.on_shut_out(user_id)

    async def run(self) -> None:
        """Check for changes, for the life of the instance."""
        while True:
            try:
                await self.refresh()
                self._did_look = True
            except Unavailable:
                if self._did_look:
                    log.warning("policy_check_skipped", reason="the database does not answer")
                self._did_look = False
            is_well = self._event_bus.is_connected and self._did_look
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    CHECK_SECONDS if is_well else CHECK_SECONDS_WITHOUT_REDIS
                ):
                    await self._look_now.wait()
            self._look_now.clear()


def _nobody_connected(_user_id: UUID) -> None:
    """Before sockets are served: there is none to close."""
