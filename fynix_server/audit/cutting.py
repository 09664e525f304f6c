"""Cutting the oldest entries off the log, with an entry that says where what remains begins."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.acts import Act, Actor
from fynix_server.audit.recording import record_act
from fynix_server.audit_chain.verifying import Mark
from fynix_server.tables import AuditEntry

CUT = "audit.cut"
"""The action of such an entry. Its target, which the chain covers and no erasing removes, is the
number and the hash of the last entry that was cut off."""


async def record_cut(connection: AsyncConnection, actor: Actor, last: Mark, now: datetime) -> None:
    """Say that the log begins after `last`. Last in its transaction, as every entry."""
    await record_act(connection, actor, Act(CUT, "audit", str(last)), now)


async def last_cut(connection: AsyncConnection) -> Mark | None:
    """Where the log begins. None: at its first entry. Index: idx_audit_log_action."""
    query = select(AuditEntry.target_id).where(AuditEntry.action == CUT)
    found = await connection.execute(query.order_by(AuditEntry.seq.desc()).limit(1))
    target_id = found.scalar_one_or_none()
    return None if target_id is None else Mark.parse(target_id)
