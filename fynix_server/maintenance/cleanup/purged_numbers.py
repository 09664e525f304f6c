"""Noting which numbers' rows are gone, neighbours of a kind together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import PurgedNumbers

_IS_KNOWN = and_(
    PurgedNumbers.conversation_id == bindparam("known_conversation_id"),
    PurgedNumbers.last_seq == bindparam("known_last_seq"),
)
_DELETE = delete(PurgedNumbers).where(_IS_KNOWN)
_EXTEND = (
    update(PurgedNumbers)
    .where(_IS_KNOWN)
    .values(first_seq=bindparam("from_seq"), last_seq=bindparam("to_seq"))
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

    def holds(self, other: "Gone") -> bool:
        return (
            self.conversation_id == other.conversation_id
            and self.first_seq <= other.first_seq
            and other.last_seq <= self.last_seq
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
    obsolete: list[dict[str, Any]] = []
    extended: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for span in sorted(set(joined([*new, *known])).difference(known)):
        held = [_key(it) for it in known if span.holds(it)]
        if held:  # mostly the one before it, which then needs one statement, not two
            extended.append({**held[0], "from_seq": span.first_seq, "to_seq": span.last_seq})
            obsolete += held[1:]
        else:
            added.append(vars(span))
    for statement, rows in (
        (_DELETE, obsolete),
        (_EXTEND, extended),
        (insert(PurgedNumbers), added),
    ):
        if rows:
            await connection.execute(statement, rows)


def _key(span: Gone) -> dict[str, Any]:
    return {"known_conversation_id": span.conversation_id, "known_last_seq": span.last_seq}


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
