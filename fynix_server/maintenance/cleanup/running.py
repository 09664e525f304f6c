"""Cleaning up, batch after batch: each a transaction that holds its locks for a moment only."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit import Act, Actor, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.clock import Clock, utc_now
from fynix_server.database import Database
from fynix_server.errors import InvalidInput
from fynix_server.maintenance.cleanup import runs
from fynix_server.maintenance.cleanup.audit_log import AuditSweep
from fynix_server.maintenance.cleanup.events import EventSweep
from fynix_server.maintenance.cleanup.messages import MessageSweep
from fynix_server.maintenance.cleanup.pace import GIVE_UP_SECONDS, Pace, pause_seconds
from fynix_server.maintenance.cleanup.receipts import ReceiptSweep
from fynix_server.maintenance.cleanup.runs import Run
from fynix_server.maintenance.cleanup.sessions import SessionSweep
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Key, Removed, Subject, Sweep
from fynix_server.maintenance.cleanup.watch import TooSlow, Watch
from fynix_server.permissions import ServerAct

LOOKED_AT_ONCE = 5000
"""Rows that are looked at together, without any lock."""
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be cleaned up, and why. `options`: as they were given."""

    subject: Subject
    cutoffs: Cutoffs
    options: Mapping[str, str]
    actor: Actor
    reason: str
    is_dry_run: bool = False


@dataclass(frozen=True)
class Limits:
    """`largest_batch`: in rows. `seconds` None: until it is done. `give_up_seconds`: of a batch."""

    largest_batch: int = 500
    seconds: float | None = None
    give_up_seconds: float = GIVE_UP_SECONDS


@dataclass(frozen=True)
class Site:
    """Where it is done. `advance` is told of keys as they are dealt with."""

    database: Database
    clock: Clock = utc_now
    advance: Advance = lambda count: None


@dataclass(frozen=True)
class Cleaned:
    """What has become of a run. `is_done` False: its time was over.

    `removed`: this time, rows by table; `run.removed`: since it began.
    """

    run: Run
    is_done: bool
    removed: Removed
    batches: int
    pace: Pace
    seconds: float


def sweep_of(subject: Subject, cutoffs: Cutoffs, actor: Actor) -> Sweep:
    if subject == "audit":
        return AuditSweep(cutoffs, actor)
    kinds: dict[str, Callable[[Cutoffs], Sweep]] = {
        "messages": MessageSweep,
        "events": EventSweep,
        "sessions": SessionSweep,
        "receipts": ReceiptSweep,
    }
    return kinds[subject](cutoffs)


async def count_keys(database: Database, wanted: Wanted) -> int:
    """How many there are to go: a look at every row."""
    sweep = sweep_of(wanted.subject, wanted.cutoffs, wanted.actor)
    count, after = 0, None
    while True:
        async with database.read() as connection:
            found = await sweep.find(connection, after, LOOKED_AT_ONCE)
        count, after = count + len(found.keys), found.up_to
        if after is None:
            return count


async def clean(site: Site, wanted: Wanted, limits: Limits) -> Cleaned:
    """Clean up, going on where a run of the same was interrupted; servers may go on meanwhile.

    Whatever ends it, each batch is done whole or not at all. A dry run does the same, and takes
    each batch back.

    Raises: InvalidInput (a cut-off in the future), Conflict (another process goes on with the
    same run), Unavailable.
    """
    _refuse_future(wanted.cutoffs)
    began = time.monotonic()
    cleaning = _Cleaning(site, wanted, limits, await _begin(site, wanted))
    is_done = await cleaning.go_on()
    if not wanted.is_dry_run:
        await _end(site, wanted, cleaning.run, is_done=is_done)
    return Cleaned(
        cleaning.run,
        is_done,
        cleaning.removed,
        cleaning.batches,
        cleaning.pace,
        time.monotonic() - began,
    )


def _refuse_future(cutoffs: Cutoffs) -> None:
    given = (cutoffs.before, cutoffs.deleted_before)
    if any(moment is not None and moment >= cutoffs.now for moment in given):
        raise InvalidInput("A cut-off lies in the future.", code="cutoff_in_the_future")


class _Cleaning:
    """A run in progress."""

    def __init__(self, site: Site, wanted: Wanted, limits: Limits, run: Run) -> None:
        self.run = run
        self.removed: Removed = Counter()
        self.batches = 0
        self.pace = Pace(limits.largest_batch, limits.give_up_seconds)
        self._site = site
        self._is_dry_run = wanted.is_dry_run
        self._sweep = sweep_of(wanted.subject, run.cutoffs, wanted.actor)
        self._ends_at = time.monotonic() + (limits.seconds or math.inf)

    async def go_on(self) -> bool:
        """Batch after batch. False: its time was over before it was done."""
        after = self.run.position
        while True:
            async with self._site.database.read() as connection:
                found = await self._sweep.find(connection, after, LOOKED_AT_ONCE)
            if not await self._remove_all(found.keys):
                return False
            after = found.up_to
            if after is None:
                return True

    async def _remove_all(self, keys: list[Key]) -> bool:
        while keys:
            if time.monotonic() >= self._ends_at:
                return False
            batch = keys[: self.pace.size]
            try:
                began, is_kept = await self._remove(batch), True
            except TooSlow as error:
                began, is_kept = error.began, False
            held_seconds = time.monotonic() - began
            self.pace.note(len(batch), held_seconds, is_kept=is_kept)
            keys = keys[len(batch) :] if is_kept else keys
            await asyncio.sleep(pause_seconds(held_seconds))
        return True

    async def _remove(self, batch: list[Key]) -> float:
        """One transaction; since when it held its locks.

        Raises: TooSlow (it held them for too long, and was taken back).
        """
        site, is_dry_run = self._site, self._is_dry_run
        async with act_transaction(site.database, is_dry_run=is_dry_run) as connection:
            watch = Watch(self.pace.patience_seconds(len(batch)))
            watch.look_at(connection)
            removed = await self._sweep.remove(connection, batch)
            run = self.run.moved(batch[-1], removed)
            if not is_dry_run:
                await runs.store_progress(connection, run, site.clock())
            watch.check()
        self.run = run
        self.removed += removed
        self.batches += 1
        site.advance(len(batch))
        return watch.began


# ── beginning and end ────────────────────────────────────────────────────────────────────────


async def _begin(site: Site, wanted: Wanted) -> Run:
    """A new run, or the one that was interrupted. In a dry run nothing of it is stored."""
    now = site.clock()
    run = runs.new_run(wanted.subject, wanted.options, wanted.cutoffs, wanted.actor.id)
    async with act_transaction(site.database, is_dry_run=wanted.is_dry_run) as connection:
        interrupted = await runs.unfinished_run(connection, wanted.subject)
        if interrupted is not None and runs.may_go_on(interrupted, wanted.options, now):
            run = await runs.take_over(connection, interrupted, now)
        else:
            if interrupted is not None:
                await runs.store_end(connection, interrupted.id, now)
            await runs.store_run(connection, run)
        await _record(connection, wanted, run, "resumed" if run.is_resumed else "begun")
    return run


async def _end(site: Site, wanted: Wanted, run: Run, *, is_done: bool) -> None:
    """One that is not done can be gone on with."""
    async with site.database.write() as connection:
        if is_done:
            await runs.store_end(connection, run.id, site.clock())
        await _record(connection, wanted, run, "done" if is_done else "paused")


async def _record(connection: AsyncConnection, wanted: Wanted, run: Run, state: str) -> None:
    """What the audit log says of a run, at its beginning and at its end."""
    after = {
        "run_id": str(run.id),
        "subject": run.subject,
        "state": state,
        "cutoffs": runs.moments(run.cutoffs),
        "removed": dict(run.removed),
    }
    act = Act(ServerAct.CLEANUP, "server", None, {}, after, wanted.reason)
    await record_act(connection, wanted.actor, act, utc_now())
