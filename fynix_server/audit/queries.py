"""The SQL that reads the audit log. Takes the connection first; never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import eq, ge, gt, lt
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit_chain.link import Link
from fynix_server.audit_chain.verifying import BEGINNING, Chained, Mark
from fynix_server.tables import AuditEntry, AuditHead

_COLUMNS: tuple[Any, ...] = tuple(
    getattr(AuditEntry, name) for name in (*Link.__slots__, "hash", "details", "details_salt")
)

CLOCKS_MAY_DIFFER = timedelta(hours=1)
"""Numbers rise as time does, but for instances whose clocks differ."""
_NO_SEQ = 2**63 - 1


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Which entries to read. None: of any. `until` is past the last moment.

    `after_seq`: oldest first, past that number; else newest first, from before `before_seq`.
    """

    actor_id: str | None = None
    target_id: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int | None = None
    after_seq: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted: tuple[tuple[Any, Any, object], ...] = (
            (eq, AuditEntry.actor_id, self.actor_id),
            (eq, AuditEntry.target_id, self.target_id),
            (eq, AuditEntry.action, self.action),
            (eq, AuditEntry.outcome, self.outcome),
            (ge, AuditEntry.at, self.since),
            (lt, AuditEntry.at, self.until),
            (lt, AuditEntry.seq, self.before_seq),
            (gt, AuditEntry.seq, self.after_seq),
        )
        given = [compare(column, value) for compare, column, value in wanted if value is not None]
        return given + self._bounds()

    def _bounds(self) -> list[ColumnElement[bool]]:
        """What the moments say of the numbers: what lies far outside is then not walked through.

        An entry that is earlier by more than clocks may differ has a lower number than any wanted.
        """
        bounds: list[ColumnElement[bool]] = []
        if self.since is not None:
            early = AuditEntry.at < self.since - CLOCKS_MAY_DIFFER
            before = select(AuditEntry.seq).where(early).order_by(AuditEntry.at.desc()).limit(1)
            bounds.append(AuditEntry.seq > func.coalesce(before.scalar_subquery(), 0))
        if self.until is not None:
            late = AuditEntry.at >= self.until + CLOCKS_MAY_DIFFER
            after = select(AuditEntry.seq).where(late).order_by(AuditEntry.at).limit(1)
            bounds.append(AuditEntry.seq < func.coalesce(after.scalar_subquery(), _NO_SEQ))
        return bounds


async def find_entries(
    connection: AsyncConnection, wanted: EntriesWanted, limit: int
) -> Sequence[Chained]:
    """At most `limit`. Indexes: pk_audit_log, idx_audit_log_actor, idx_audit_log_target,
    idx_audit_log_action, idx_audit_log_at.

    Raises: ValueError, TypeError (somebody stored what no entry can hold).
    """
    order = AuditEntry.seq if wanted.after_seq is not None else AuditEntry.seq.desc()
    query = select(*_COLUMNS).where(*wanted.conditions()).order_by(order).limit(limit)
    return [_chained(row) for row in await connection.execute(query)]


async def find_entry(connection: AsyncConnection, seq: int) -> Chained | None:
    """Index: the primary key."""
    query = select(*_COLUMNS).where(AuditEntry.seq == seq)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _chained(row)


async def head_of_log(connection: AsyncConnection) -> Mark:
    """Where the log says that it ends."""
    query = select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)
    row = (await connection.execute(query)).one_or_none()
    return BEGINNING if row is None else Mark(*row)


def _chained(row: Any) -> Chained:
    # SQLite stores a value of any type in any column, if it is told to.
    if not isinstance(row.seq, int) or any(isinstance(it, bytes | float) for it in row):
        raise TypeError("no entry has values of such types")
    link = Link(**{name: getattr(row, name) for name in Link.__slots__})
    return Chained(link, row.hash, row.details, row.details_salt)
