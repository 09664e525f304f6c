"""The policy of a running instance: loaded whole, and anew whenever somebody has changed it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from fynix_server import metrics
from fynix_server.clock import Clock
from fynix_server.database import Database
from fynix_server.errors import InvalidInput, Unavailable
from fynix_server.event_bus import EventBus
from fynix_server.policy import queries
from fynix_server.policy.content_filter import ContentFilter, Judgement, Rule
from fynix_server.policy.retention import Horizon
from fynix_server.policy.snapshot import NOT_LOADED, Restrictions, Snapshot
from fynix_server.rate_limit import Overrides

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
        self._filter = ContentFilter(())
        self._hits: Counter[UUID] = Counter()
        self._look_now = asyncio.Event()
        self._loading = asyncio.Lock()
        self._compiling = asyncio.Lock()
        self._storing = asyncio.Lock()
        self.changing_rules = asyncio.Lock()
        """Held by whoever changes rules here, so that only other instances can come between."""
        self._looked_at: datetime = clock()
        self._did_look = False
        self.on_shut_out: Callable[[UUID], None] = _nobody_connected
        self.on_limit_overrides: Callable[[Overrides], None] = _nobody_limited

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

    def misleads(self, user_id: UUID) -> bool:
        """Whether only they see what they write, and are not to notice. Raises: Unavailable."""
        restrictions = self.restrictions_of(user_id)
        return restrictions is not None and restrictions.holds("shadow_limited", self._clock())

    async def horizon(self) -> Horizon:
        """Until when messages are shown, as of now.

        Without a query, but for an instance that has only just started. Raises: Unavailable.
        """
        if self._snapshot.version < 0:
            await self.refresh()
        return Horizon(self.snapshot.retention, self._clock())

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
                shut_out = await queries.shut_out_since(connection, since, now)
            if loaded.rules != self._snapshot.rules:
                await self._compile(loaded.rules)
                self._forget_hits_of_other_patterns(loaded.rules)
            self._snapshot = loaded
            self.on_limit_overrides(loaded.limit_overrides)
            self._looked_at = now
        for user_id in shut_out:
            self.on_shut_out(user_id)

    async def _compile(self, rules: tuple[Rule, ...]) -> None:
        # A thousand take a tenth of a second: messages go on under the old ones meanwhile.
        try:
            self._filter = await self.compiled(rules)
        except InvalidInput as error:
            # Nobody can have stored these through the API, which compiles them first.
            log.error("content_rules_unusable", reason=error.detail)

    def _forget_hits_of_other_patterns(self, rules: tuple[Rule, ...]) -> None:
        # Whoever has given a rule another pattern has begun to count anew.
        patterns = {rule.id: (rule.kind, rule.pattern) for rule in self._snapshot.rules}
        for rule in rules:
            if patterns.get(rule.id, (rule.kind, rule.pattern)) != (rule.kind, rule.pattern):
                self._hits.pop(rule.id, None)

    @property
    def content_filter(self) -> ContentFilter:
        """The rules in force, for whoever asks without counting. Raises: Unavailable."""
        return self._filter if self.snapshot.rules else ContentFilter(())

    async def compiled(self, rules: tuple[Rule, ...]) -> ContentFilter:
        """Compile rules in a thread, one set at a time. Raises: InvalidInput (too large)."""
        async with self._compiling:
            return await asyncio.to_thread(ContentFilter, rules)

    def judge(self, content: str, content_type: str) -> Judgement:
        """What the content filter says of a text; the rules that match are counted.

        Raises: Unavailable (not loaded yet).
        """
        rules = self.snapshot.rules
        if not rules:
            return Judgement("allow", content, (), ())
        with metrics.filter_seconds.time():
            judgement = self._filter.judge(content, content_type)
        if judgement.matches or judgement.shadow_hits:
            self._hits.update({match.rule.id for match in judgement.matches})
            self._hits.update(rule.id for rule in judgement.shadow_hits)
            metrics.filter_verdicts.labels(judgement.verdict).inc()
        return judgement

    async def store_hits(self) -> None:
        """Write down how often rules have matched since the last time. Raises: Unavailable."""
        async with self._storing:  # whoever comes second returns when the first's are stored
            hits, self._hits = self._hits, Counter()
            if not hits:
                return
            try:
                async with self._database.write() as connection:
                    await queries.add_hits(connection, hits, self._clock())
            except (Unavailable, asyncio.CancelledError):
                self._hits.update(hits)
                raise

    async def run(self) -> None:
        """Check for changes, for the life of the instance."""
        while True:
            try:
                await self.refresh()
                await self.store_hits()
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


def _nobody_limited(_overrides: Overrides) -> None:
    """Where nothing is counted, such as in tests of the policy alone."""


def _nobody_connected(_user_id: UUID) -> None:
    """Before sockets are served: there is none to close."""
