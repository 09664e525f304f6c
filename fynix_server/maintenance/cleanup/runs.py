"""Runs as they are stored: what lets one that was killed go on where it was."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import Conflict
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Key, Removed
from fynix_server.tables import CleanupRun, new_id

GO_ON_WITHIN = timedelta(days=1)
"""An older run that was never finished began with cut-offs that are no longer meant."""
_MOMENTS = ("now", "before", "deleted_before")


@dataclass(frozen=True)
class Run:
    """`position`: the last key that was looked at; None: it is at its beginning.

    `options`: as they were given, by which a run is known again.
    """

    id: UUID
    subject: str
    options: Mapping[str, str]
    cutoffs: Cutoffs
    started_by: str
    started_at: datetime
    position: Key | None = None
    removed: Removed = field(default_factory=Counter)
    batches: int = 0
    finished_at: datetime | None = None
    is_resumed: bool = False

    def moved(self, position: Key, removed: Removed) -> "Run":
        """After one more batch."""
        total = self.removed + removed
        return replace(self, position=position, removed=total, batches=self.batches + 1)


def new_run(subject: str, options: Mapping[str, str], cutoffs: Cutoffs, started_by: str) -> Run:
    return Run(new_id(), subject, options, cutoffs, started_by, cutoffs.now)


# ── storing ──────────────────────────────────────────────────────────────────────────────────


async def store_run(connection: AsyncConnection, run: Run) -> None:
    row = {
        "id": run.id,
        "subject": run.subject,
        "options": json.dumps(dict(run.options), sort_keys=True),
        "cutoffs": json.dumps(moments(run.cutoffs)),
        "started_by": run.started_by,
        "started_at": run.started_at,
        "updated_at": run.started_at,
    }
    await connection.execute(insert(CleanupRun), row)


async def store_progress(connection: AsyncConnection, run: Run, now: datetime) -> None:
    """After a batch, in its transaction. Index: the primary key.

    Raises: Conflict (another process has gone on with this run: this one must stop).
    """
    moved = (
        update(CleanupRun)
        .where(CleanupRun.id == run.id, CleanupRun.batches == run.batches - 1)
        .where(CleanupRun.finished_at.is_(None))
        .values(
            position=json.dumps(run.position, default=str),
            removed=json.dumps(run.removed),
            batches=run.batches,
            updated_at=now,
        )
    )
    if (await connection.execute(moved)).rowcount != 1:
        raise Conflict("Another process goes on with this cleanup.", code="cleanup_taken_over")


async def take_over(connection: AsyncConnection, run: Run, now: datetime) -> Run:
    """Go on with it: whoever else is at it finds that its number of batches moved, and stops."""
    taken = replace(run, batches=run.batches + 1, is_resumed=True)
    await store_progress(connection, taken, now)
    return taken


async def store_end(connection: AsyncConnection, run_id: UUID, now: datetime) -> None:
    ended = update(CleanupRun).where(CleanupRun.id == run_id)
    await connection.execute(ended.values(finished_at=now, updated_at=now))


async def unfinished_run(connection: AsyncConnection, subject: str) -> Run | None:
    """The newest of that kind that was not finished. Index: idx_cleanup_runs_unfinished."""
    query = select(CleanupRun).where(
        CleanupRun.subject == subject, CleanupRun.finished_at.is_(None)
    )
    row = (await connection.execute(query.order_by(CleanupRun.id.desc()).limit(1))).one_or_none()
    return None if row is None else _run(row)


async def last_runs(connection: AsyncConnection, limit: int) -> list[Run]:
    """The newest first. Index: the primary key."""
    query = select(CleanupRun).order_by(CleanupRun.id.desc()).limit(limit)
    return [_run(row) for row in await connection.execute(query)]


def may_go_on(run: Run, options: Mapping[str, str], now: datetime) -> bool:
    """Whether somebody who asks for `options` now means that run."""
    return dict(run.options) == dict(options) and now - run.started_at < GO_ON_WITHIN


# ── as JSON ──────────────────────────────────────────────────────────────────────────────────


def moments(cutoffs: Cutoffs) -> dict[str, str]:
    """Those that are given, by name."""
    given = {name: getattr(cutoffs, name) for name in _MOMENTS}
    return {name: moment.isoformat() for name, moment in given.items() if moment is not None}


def _run(row: Any) -> Run:
    cutoffs = {name: datetime.fromisoformat(it) for name, it in json.loads(row.cutoffs).items()}
    position = json.loads(row.position)
    return Run(
        id=row.id,
        subject=row.subject,
        options=json.loads(row.options),
        cutoffs=Cutoffs(**cutoffs),
        started_by=row.started_by,
        started_at=row.started_at,
        position=tuple(_part(it) for it in position) if position else None,
        removed=Counter(json.loads(row.removed)),
        batches=row.batches,
        finished_at=row.finished_at,
    )


def _part(value: int | str) -> int | UUID:
    """Keys are of numbers and UUIDs."""
    return value if isinstance(value, int) else UUID(value)
