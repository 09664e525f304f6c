"""Cutting the oldest entries off the log, with an entry that says where what remains begins."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.acts import Act, Actor
from fynix_server.audit.recording import record_act
from fynix_server.audit_chain.verifying import CUT_ACTION, Mark


async def record_cut(connection: AsyncConnection, actor: Actor, last: Mark, now: datetime) -> None:
    """Say that the log begins after `last`, the last that went. Last in its transaction, as every
    entry: verifying looks for it."""
    await record_act(connection, actor, Act(CUT_ACTION, "audit", str(last)), now)
