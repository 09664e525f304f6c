"""SQL of retention policies and legal holds. Nothing here commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import (
    AnyRow,
    Conversation,
    LegalHold,
    Message,
    RetentionPolicy,
    User,
)

SERVER = "server"
_POLICY = (
    RetentionPolicy.conversation_id,
    RetentionPolicy.days,
    RetentionPolicy.set_by,
    RetentionPolicy.created_at,
)
_HOLD = (LegalHold.kind, LegalHold.subject_id, LegalHold.set_by, LegalHold.created_at)
_NAME = {
    "user": select(User.username).where(User.id == LegalHold.subject_id).scalar_subquery(),
    "conversation": select(Conversation.name)
    .where(Conversation.id == LegalHold.subject_id)
    .scalar_subquery(),
}


def scope_of(conversation_id: UUID | None) -> str:
    """The key of a policy: of a conversation, or of the server."""
    return SERVER if conversation_id is None else str(conversation_id)


# ── policies ─────────────────────────────────────────────────────────────────────────────────


async def find_policy(connection: AsyncConnection, conversation_id: UUID | None) -> AnyRow | None:
    """Index: the primary key."""
    query = select(*_POLICY).where(RetentionPolicy.scope == scope_of(conversation_id))
    return (await connection.execute(query)).one_or_none()


async def conversation_policies(
    connection: AsyncConnection, after: UUID | None, limit: int
) -> list[AnyRow]:
    """At most `limit`, by conversation, with their names.

    Index: uq_retention_policies_conversation_id, and the primary key of conversations.
    """
    name = select(Conversation.name).where(Conversation.id == RetentionPolicy.conversation_id)
    query = select(*_POLICY, name.scalar_subquery().label("name")).where(
        RetentionPolicy.conversation_id.is_not(None)
    )
    if after is not None:
        query = query.where(RetentionPolicy.conversation_id > after)
    query = query.order_by(RetentionPolicy.conversation_id).limit(limit)
    return list(await connection.execute(query))


async def store_policy(connection: AsyncConnection, policy: dict[str, Any]) -> None:
    """In place of the one that there was."""
    conversation_id = policy["conversation_id"]
    await remove_policy(connection, conversation_id)
    await connection.execute(
        insert(RetentionPolicy), {"scope": scope_of(conversation_id), **policy}
    )


async def remove_policy(connection: AsyncConnection, conversation_id: UUID | None) -> None:
    await connection.execute(
        delete(RetentionPolicy).where(RetentionPolicy.scope == scope_of(conversation_id))
    )


async def lock_conversation(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Whether there is one of this id; it then stays. Before the policies: whoever cleans up
    holds conversations as it waits for them. Index: the primary key."""
    query = select(Conversation.id).where(Conversation.id == conversation_id)
    locking = query.with_for_update(read=True, key_share=True)
    return (await connection.execute(locking)).first() is not None


async def is_conversation(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Whether there is one of this id. Index: the primary key."""
    query = select(Conversation.id).where(Conversation.id == conversation_id)
    return (await connection.execute(query)).first() is not None


async def is_person(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether there is, or was, somebody of this id. Index: the primary key."""
    return (await connection.execute(select(User.id).where(User.id == user_id))).first() is not None


async def count_sent_between(
    connection: AsyncConnection,
    conversation_id: UUID | None,
    since: datetime | None,
    before: datetime,
) -> int:
    """Messages that are not deleted, of one conversation, or (None) of all without a policy of
    their own. Index: idx_messages_conversation_created."""
    is_between: list[ColumnElement[bool]] = [Message.created_at < before]
    if since is not None:
        is_between.append(Message.created_at >= since)
    if conversation_id is not None:
        is_between.append(Message.conversation_id == conversation_id)
    else:
        own = select(RetentionPolicy.conversation_id).where(
            RetentionPolicy.conversation_id.is_not(None)
        )
        is_between.append(Message.conversation_id.not_in(own))
    query = select(func.count()).where(Message.is_deleted.is_(False), *is_between)
    return (await connection.execute(query)).scalar_one()


# ── legal holds ──────────────────────────────────────────────────────────────────────────────


async def is_held(connection: AsyncConnection, kind: str, subject_id: UUID) -> bool:
    """Index: the primary key."""
    query = select(LegalHold.kind).where(LegalHold.kind == kind, LegalHold.subject_id == subject_id)
    return (await connection.execute(query)).first() is not None


async def holds(
    connection: AsyncConnection, kind: str, after: UUID | None, limit: int
) -> list[AnyRow]:
    """At most `limit`, by subject, with their names. Index: the primary key, of each table."""
    query = select(*_HOLD, _NAME[kind].label("name")).where(LegalHold.kind == kind)
    if after is not None:
        query = query.where(LegalHold.subject_id > after)
    return list(await connection.execute(query.order_by(LegalHold.subject_id).limit(limit)))


async def add_hold(connection: AsyncConnection, hold: dict[str, Any]) -> None:
    await connection.execute(insert(LegalHold), hold)


async def remove_hold(connection: AsyncConnection, kind: str, subject_id: UUID) -> None:
    await connection.execute(
        delete(LegalHold).where(LegalHold.kind == kind, LegalHold.subject_id == subject_id)
    )
