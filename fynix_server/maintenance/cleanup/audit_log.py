"""Cutting the oldest entries off the audit log: what remains still proves its place."""

from collections import Counter
from datetime import datetime
from itertools import takewhile

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit import Actor
from fynix_server.audit.cutting import record_cut
from fynix_server.audit_chain.verifying import Mark
from fynix_server.maintenance.cleanup import queries
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Found, Key, Removed, Subject
from fynix_server.tables import AuditEntry

_ORDER = (AuditEntry.seq,)


class AuditSweep:
    """By number, from the front only: up to the first entry that is too young."""

    subject: Subject = "audit"

    def __init__(self, cutoffs: Cutoffs, actor: Actor) -> None:
        self._cutoffs = cutoffs
        self._actor = actor

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Index: pk_audit_log."""
        query = select(AuditEntry.seq, AuditEntry.at).where(queries.is_past(_ORDER, after))
        rows = (await connection.execute(query.order_by(*_ORDER).limit(limit))).all()
        old = list(takewhile(lambda row: row.at < self._before, rows))
        keys: list[Key] = [(row.seq,) for row in old]
        return Found(keys, keys[-1] if len(keys) == limit else None)

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """With an entry that says where the rest begins. Index: pk_audit_log."""
        last_seq = keys[-1][0]
        last_hash = (
            await connection.execute(select(AuditEntry.hash).where(AuditEntry.seq == last_seq))
        ).scalar_one_or_none()
        if last_hash is None:
            return Counter()
        is_named = AuditEntry.seq.between(keys[0][0], last_seq)
        result = await connection.execute(delete(AuditEntry).where(is_named))
        mark = Mark(last_seq, last_hash)
        await record_cut(connection, self._actor, mark, self._cutoffs.now)
        return Counter(audit_log=result.rowcount)

    @property
    def _before(self) -> datetime:
        return self._cutoffs.before or self._cutoffs.now
