"""Locking conversations: whoever gives out their numbers does it first, and alone until the commit.

Plain functions, for `AsyncConnection.run_sync`: a group commit is one call of it, since each
costs as much as a statement.
"""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from fynix_server.database.prepared import Prepared, conversion
from fynix_server.tables import Conversation


class Locked(NamedTuple):
    """Where a conversation stands; nobody else changes it before the commit."""

    last_seq: int
    members_version: int


def lock_conversations(
    connection: Connection, conversation_ids: Collection[UUID]
) -> dict[UUID, Locked]:
    """Where they stand, by id; the rows stay locked until the commit.

    Index: the primary key.
    """
    ids = list(conversation_ids)
    # Up to the next power of two, so that there are few statements; an id twice changes nothing.
    size = 1 << (len(ids) - 1).bit_length()
    found = _lock_statement(size).run(connection, [(*ids, *ids[:1] * (size - len(ids)))])
    convert = conversion(Conversation.id.type, connection.dialect) or _as_it_is
    by_stored = {convert(id_): id_ for id_ in ids}
    return {by_stored[stored]: Locked(last_seq, version) for stored, last_seq, version in found}


@cache
def _lock_statement(size: int) -> Prepared:
    names = [f"id_{number}" for number in range(size)]
    return Prepared(
        select(Conversation.id, Conversation.last_seq, Conversation.members_version)
        .where(Conversation.id.in_([bindparam(name, type_=Conversation.id.type) for name in names]))
        # So that two groups with the same conversations cannot deadlock.
        .order_by(Conversation.id)
        .with_for_update(),
        *names,
    )


def _as_it_is(value: UUID) -> object:
    return value
