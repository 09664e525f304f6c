"""Noting which numbers' rows are gone, neighbours of a kind together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import PurgedNumbers

_DELETE = delete(PurgedNumbers).where(
    PurgedNumbers.conversation_id == bindparam("gone_conversation_id"),
    PurgedNumbers.last_seq == bindparam("gone_last_seq"),
)


@dataclass(frozen=True, order=True)
class Gone:
    """Numbers whose rows are gone, both ends included."""

    conversation_id: UUID
    first_seq: int
    last_seq: int
    is_event: bool = False

    def continued_by(self, other: "Gone") -> bool:
        return (
            self.conversation_id == other.conversation_id
            and self.is_event == other.is_event
            and self.last_seq + 1 == other.first_seq
        )


def joined(spans: Iterable[Gone]) -> list[Gone]:
    """The same numbers in as few spans as possible, in their order."""
    result: list[Gone] = []
    for span in sorted(spans):
        if result and result[-1].continued_by(span):
            result[-1] = replace(result[-1], last_seq=span.last_seq)
        else:
            result.append(span)
    return result


async def note_purged(connection: AsyncConnection, gone: Iterable[Gone]) -> None:
    """Store them, joined with what was gone already. The conversations are locked.

    Index: pk_purged_numbers.
    """
    new = joined(gone)
    known = await _near(connection, new)
    wanted = set(joined([*new, *known]))
    obsolete = [
        {"gone_conversation_id": it.conversation_id, "gone_last_seq": it.last_seq}
        for it in known
        if it not in wanted
    ]
    if obsolete:
        await connection.execute(_DELETE, obsolete)
    added = [vars(it) for it in sorted(wanted.difference(known))]
    await connection.execute(insert(PurgedNumbers), added)


async def _near(connection: AsyncConnection, spans: list[Gone]) -> list[Gone]:
    """What is gone already in these conversations, about where `spans` are."""
    purged = PurgedNumbers
    query = select(
        purged.conversation_id, purged.first_seq, purged.last_seq, purged.is_event
    ).where(
        purged.conversation_id.in_({it.conversation_id for it in spans}),
        purged.last_seq >= min(it.first_seq for it in spans) - 1,
        purged.first_seq <= max(it.last_seq for it in spans) + 1,
    )
    return [Gone(*row) for row in await connection.execute(query)]
