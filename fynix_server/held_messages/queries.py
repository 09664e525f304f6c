"""The SQL of held messages. Takes the connection first; never commits."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import (
    AnyRow,
    AnySelect,
    Conversation,
    HeldMessage,
    Message,
    Notice,
    User,
)

SCANNED_AT_ONCE = 2_000
"""Of how many held messages a page is picked: what asks for a rare rule reads no more."""

_COLUMNS = (
    HeldMessage.message_id,
    Message.conversation_id,
    HeldMessage.sender_id,
    User.username.label("sender_username"),
    User.role.label("sender_role"),
    HeldMessage.cause,
    HeldMessage.rules,
    HeldMessage.status,
    HeldMessage.created_at,
    HeldMessage.decided_at,
    HeldMessage.released_as,
    Message.content,
    Message.content_type,
    Message.client_message_id,
    Message.sent_digest,
    Message.is_deleted,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A held message, and what was written in it."""

    message_id: UUID
    conversation_id: UUID
    sender_id: UUID
    sender_username: str
    sender_role: str
    cause: str
    rules: tuple[str, ...]
    status: str
    created_at: datetime
    decided_at: datetime | None
    released_as: UUID | None
    content: str
    content_type: str
    client_message_id: str | None
    sent_digest: str | None
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class HeldWanted:
    """Which held messages to list."""

    status: str
    sender_id: UUID | None
    rule: str | None
    after: UUID | None


def _held() -> AnySelect:
    return (
        select(*_COLUMNS)
        .join(Message, Message.id == HeldMessage.message_id)
        .join(User, User.id == HeldMessage.sender_id)
    )


async def held_page(
    connection: AsyncConnection, wanted: HeldWanted, limit: int
) -> tuple[list[Held], UUID | None]:
    """At most `limit`, oldest first, and after which one to go on (None: there are no more).

    A page may be short though there are more: it looks at SCANNED_AT_ONCE at most, and leaves out
    what waits but was deleted by somebody else than its sender.
    Indexes: idx_held_messages_status or idx_held_messages_sender; those of `held_by_ids`.
    """
    conditions: list[ColumnElement[bool]] = [HeldMessage.status == wanted.status]
    if wanted.sender_id is not None:
        conditions.append(HeldMessage.sender_id == wanted.sender_id)
    if wanted.after is not None:
        conditions.append(HeldMessage.message_id > wanted.after)
    # Without the messages themselves: Postgres would read all of them, from the first one on.
    query = (
        select(HeldMessage.message_id, HeldMessage.rules)
        .where(*conditions)
        .order_by(HeldMessage.message_id)
        .limit(limit + 1 if wanted.rule is None else SCANNED_AT_ONCE)
    )
    scanned = (await connection.execute(query)).all()
    fitting = [
        row.message_id
        for row in scanned
        if wanted.rule is None or wanted.rule in json.loads(row.rules)
    ]
    held = await held_by_ids(connection, fitting[:limit])
    page = [it for it in held if not (it.is_deleted and it.status == "waiting")]
    if len(fitting) > limit:
        return page, fitting[limit - 1]
    return page, scanned[-1].message_id if len(scanned) == SCANNED_AT_ONCE else None


async def held_by_ids(connection: AsyncConnection, message_ids: Collection[UUID]) -> list[Held]:
    """Those of them that were held, oldest first.

    Indexes: pk_held_messages, pk_messages, pk_users.
    """
    if not message_ids:
        return []
    query = _held().where(HeldMessage.message_id.in_(message_ids)).order_by(HeldMessage.message_id)
    return [_read(row) for row in await connection.execute(query)]


async def find_held(connection: AsyncConnection, message_id: UUID) -> Held | None:
    found = await held_by_ids(connection, [message_id])
    return found[0] if found else None


def _read(row: AnyRow) -> Held:
    fields: dict[str, Any] = dict(row._mapping)
    return Held(**{**fields, "rules": tuple(json.loads(row.rules))})


async def lock_conversation(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Until the commit nobody sends, edits or deletes there, nor decides about what is held."""
    query = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    await connection.execute(query)


async def decide(
    connection: AsyncConnection,
    message_id: UUID,
    status: str,
    released_as: UUID | None,
    now: datetime,
) -> None:
    await connection.execute(
        update(HeldMessage)
        .where(HeldMessage.message_id == message_id)
        .values(status=status, released_as=released_as, decided_at=now)
    )


async def delete_held_copy(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    """Its sender sees it no more. By nobody in particular: it is not one that can be restored."""
    await connection.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(is_deleted=True, deleted_by=None, updated_at=now)
    )


async def free_key(connection: AsyncConnection, message_id: UUID) -> None:
    """Leave its client_message_id to the message that it is released as."""
    await connection.execute(
        update(Message).where(Message.id == message_id).values(client_message_id=None)
    )


async def insert_released(connection: AsyncConnection, message: dict[str, Any]) -> None:
    """Store it for everybody: it counts, and brings its conversation to the top."""
    await connection.execute(insert(Message), message)
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == message["conversation_id"])
        .values(message_count=Conversation.message_count + 1, last_message_at=message["created_at"])
    )


async def has_unread_notice(connection: AsyncConnection, user_id: UUID, detail: str) -> bool:
    """Whether they were told just this, and have not read it yet. Index: idx_notices_user."""
    is_unread = exists().where(
        Notice.user_id == user_id, Notice.detail == detail, Notice.read_at.is_(None)
    )
    return (await connection.execute(select(is_unread))).scalar_one()
