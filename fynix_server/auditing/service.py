"""Pages of the audit log, with the names that people have at present."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.queries import EntriesWanted, find_entries, find_entry, head_of_log
from fynix_server.audit_chain.verifying import Chained
from fynix_server.auditing import queries
from fynix_server.errors import FynixError, InvalidInput, NotFound
from fynix_server.protocol.audit import (
    LARGEST_SEQ,
    AuditEntryResponse,
    AuditListResponse,
    AuditMark,
    AuditQuery,
)
from fynix_server.resources import Resources


@asynccontextmanager
async def _readable() -> AsyncIterator[None]:
    """Says of rows that no entry can be made of what they are: a sign of tampering, no mistake."""
    try:
        yield
    except (ValueError, TypeError):
        raise FynixError(
            "An entry cannot even be read: somebody has tampered with the log.",
            code="audit_unreadable",
        ) from None


async def list_entries(resources: Resources, wanted: AuditQuery) -> AuditListResponse:
    """A page, newest first; with `after_seq` oldest first. All of one moment."""
    which = EntriesWanted(
        wanted.actor,
        wanted.target,
        wanted.action,
        wanted.outcome,
        wanted.since,
        wanted.until,
        wanted.before_seq,
        wanted.after_seq,
    )
    async with _readable(), resources.database.read() as connection:
        found = await find_entries(connection, which, wanted.limit + 1)
        head = await head_of_log(connection)
        entries = await _described(connection, found[: wanted.limit])
    return AuditListResponse(
        entries=entries,
        has_more=len(found) > wanted.limit,
        head=AuditMark(seq=head.seq, hash=head.hash),
    )


async def show_entry(resources: Resources, seq_text: str) -> AuditEntryResponse:
    """Raises: InvalidInput (not a number), NotFound."""
    if not (seq_text.isascii() and seq_text.isdecimal()):
        raise InvalidInput(f"{seq_text[:32]!r} is not the number of an entry.")
    seq = int(seq_text[:20])
    async with _readable(), resources.database.read() as connection:
        entry = await find_entry(connection, seq) if seq <= LARGEST_SEQ else None
        if entry is None:
            raise NotFound("There is no such entry.", code="audit_entry_not_found")
        return (await _described(connection, [entry]))[0]


async def _described(
    connection: AsyncConnection, entries: Sequence[Chained]
) -> list[AuditEntryResponse]:
    links = [it.link for it in entries]
    people = {it.actor_id for it in links if it.actor_kind == "user"}
    people |= {it.target_id for it in links if it.target_kind == "user" and it.target_id}
    names = await _names_of(connection, people)
    return [
        AuditEntryResponse(
            **{name: getattr(it.link, name) for name in it.link.__slots__},
            details=it.details,
            details_salt=it.details_salt,
            hash=it.hash,
            actor_name=names.get(it.link.actor_id) if it.link.actor_kind == "user" else None,
            target_name=names.get(it.link.target_id or "")
            if it.link.target_kind == "user"
            else None,
        )
        for it in entries
    ]


async def _names_of(connection: AsyncConnection, id_texts: Collection[str]) -> dict[str, str]:
    """By the ids as the log has them. What is no id, since somebody tampered, has no name."""
    ids = {found for text in id_texts if (found := _as_id(text)) is not None}
    names = await queries.usernames_of(connection, ids) if ids else {}
    return {str(user_id): name for user_id, name in names.items()}


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
