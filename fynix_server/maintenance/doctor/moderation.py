"""Invariants of what moderators work with: what is held, and the log of what they did."""

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.queries import EntriesWanted, find_entries, head_of_log
from fynix_server.audit_chain.verifying import ChainVerifier, Mark
from fynix_server.maintenance.doctor.invariant import Finding, Invariant, note_all
from fynix_server.tables import HeldMessage, Message

_PAGE_SIZE = 500

_WAITS = exists().where(HeldMessage.message_id == Message.id, HeldMessage.status == "waiting")
_IS_HELD = (Message.hidden_because == "held", Message.is_deleted.is_(False))
_IDS = (Message.conversation_id, Message.id.label("message_id"))
_FORGOTTEN = select(*_IDS).where(*_IS_HELD, ~_WAITS)
_SHOWN = (
    select(*_IDS)
    .join(HeldMessage, HeldMessage.message_id == Message.id)
    .where(
        HeldMessage.status == "waiting",
        Message.hidden_because.is_distinct_from("held"),
        Message.is_deleted.is_(False),
    )
)


async def _examine_held(connection: AsyncConnection) -> Finding:
    held = select(func.count()).select_from(Message).where(*_IS_HELD)
    finding = Finding(checked=(await connection.execute(held)).scalar_one())
    for broken in (_FORGOTTEN, _SHOWN):
        await note_all(connection, broken, finding)
    return finding


async def _examine_log(connection: AsyncConnection) -> Finding:
    """The whole chain; ends at the first entry that is not as it was written."""
    finding = Finding()
    verifier = ChainVerifier()
    try:
        head = await _take_all(connection, verifier, finding)
    except (ValueError, TypeError):
        # SQLite stores a value of any type in any column.
        verifier.reject("a value stands there that no entry can have")
        head = None
    verdict = verifier.finish(head)
    if verdict.broken is not None:
        finding.note({"seq": verdict.broken.seq, "problem": verdict.broken.problem})
    return finding


async def _take_all(
    connection: AsyncConnection, verifier: ChainVerifier, finding: Finding
) -> Mark | None:
    """Where the log says that it ends; None where it is broken before."""
    while True:
        wanted = EntriesWanted(after_seq=verifier.last.seq)
        entries = await find_entries(connection, wanted, _PAGE_SIZE)
        finding.checked += len(entries)
        if not all(verifier.take(entry) for entry in entries):
            return None
        if len(entries) < _PAGE_SIZE:
            return await head_of_log(connection)


MODERATION = (
    Invariant(
        "held_messages",
        "what is held for review, and not deleted, waits for a moderator, and the other way round",
        "No moderator finds it. Tell its sender to send it again, and delete it.",
        _examine_held,
    ),
    Invariant(
        "audit_log",
        "the audit log is as it was written, up to its end",
        "Run: fynix audit verify --database",
        _examine_log,
    ),
)
