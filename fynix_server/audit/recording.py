"""Writing the next entry, inside the transaction of the act itself."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.acts import Act, Actor
from fynix_server.audit_chain.link import GENESIS, Link, digest_of, encode_details, new_salt
from fynix_server.tables import AuditEntry, AuditHead

_HEAD = select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1).with_for_update()


async def record_act(connection: AsyncConnection, actor: Actor, act: Act, now: datetime) -> int:
    """Append `act` to the log, and return its number there.

    Call it last: the end of the log stays locked until the caller's commit.
    """
    seq, previous_hash = await _lock_head(connection)
    details = encode_details({"before": act.before, "after": act.after, "reason": act.reason})
    salt = new_salt()
    link = Link(
        seq=seq + 1,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=act.action,
        outcome=act.outcome,
        target_kind=act.target_kind,
        target_id=act.target_id,
        request_id=actor.request_id,
        details_digest=digest_of(salt, details),
        previous_hash=previous_hash,
    )
    entry = {name: getattr(link, name) for name in Link.__slots__}
    hashed = link.hash()
    entry |= {"details": details, "details_salt": salt, "hash": hashed}
    await connection.execute(insert(AuditEntry), entry)
    await connection.execute(
        update(AuditHead).where(AuditHead.id == 1).values(seq=link.seq, hash=hashed)
    )
    return link.seq


async def _lock_head(connection: AsyncConnection) -> tuple[int, str]:
    head = (await connection.execute(_HEAD)).one_or_none()
    if head is None:
        # The first entry ever. Two at once: the second waits here, and then reads the other's.
        make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
        first = make(AuditHead).values(id=1, seq=0, hash=GENESIS)
        await connection.execute(first.on_conflict_do_nothing(index_elements=["id"]))
        head = (await connection.execute(_HEAD)).one()
    return head.seq, head.hash
