"""SQL of acts on messages and conversations. Nothing here commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy import Horizon
from fynix_server.policy.retention_queries import shown_of
from fynix_server.read_state import MESSAGE_COLUMNS
from fynix_server.tables import (
    AnyRow,
    AnySelect,
    Conversation,
    ConversationParticipant,
    Message,
    Report,
    User,
)


@dataclass(frozen=True, slots=True)
class ModeratedConversation:
    """A conversation's row."""

    id: UUID
    is_group: bool
    name: str | None
    description: str | None
    frozen_at: datetime | None


async def lock_conversations(
    connection: AsyncConnection, conversation_ids: Collection[UUID]
) -> dict[UUID, ModeratedConversation]:
    """Those of them that exist; nobody else writes in them before the commit.

    In the order of their ids, as everybody locks them. Index: the primary key.
    """
    query = (
        select(
            Conversation.id,
            Conversation.is_group,
            Conversation.name,
            Conversation.description,
            Conversation.frozen_at,
        )
        .where(Conversation.id.in_(conversation_ids))
        .order_by(Conversation.id)
        .with_for_update()
    )
    return {row.id: ModeratedConversation(*row) for row in await connection.execute(query)}


async def find_conversation(connection: AsyncConnection, conversation_id: UUID) -> UUID | None:
    """Its id, where there is one of it. Index: the primary key."""
    query = select(Conversation.id).where(Conversation.id == conversation_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def set_frozen(
    connection: AsyncConnection, conversation_id: UUID, frozen_at: datetime | None
) -> None:
    """Freeze it since then, or (None) let it go on; what caches hold of it no longer counts."""
    changes = {"frozen_at": frozen_at, "members_version": Conversation.members_version + 1}
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(**changes)
    )


# ── messages ─────────────────────────────────────────────────────────────────────────────────


def _messages() -> AnySelect:
    sender = (User.role.label("sender_role"), User.status.label("sender_status"))
    query = select(*MESSAGE_COLUMNS, Message.deleted_by, *sender)
    return query.join(User, User.id == Message.sender_id)


async def find_message(
    connection: AsyncConnection, conversation_id: UUID, message_id: UUID
) -> AnyRow | None:
    """One of that conversation, deleted or hidden or not. Index: the primary key."""
    query = _messages().where(Message.id == message_id, Message.conversation_id == conversation_id)
    return (await connection.execute(query)).one_or_none()


async def messages_before(
    connection: AsyncConnection,
    conversation_id: UUID,
    horizon: Horizon,
    before_seq: int | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Newest first, deleted and hidden ones too, expired ones not.

    Index: uq_messages_conversation_id_seq.
    """
    shown = shown_of(horizon, conversation_id)
    query = _messages().where(Message.conversation_id == conversation_id, *shown)
    if before_seq is not None:
        query = query.where(Message.seq < before_seq)
    return (await connection.execute(query.order_by(Message.seq.desc()).limit(limit))).all()


async def mark_deleted(
    connection: AsyncConnection, message_ids: Collection[UUID], deleted_by: UUID, now: datetime
) -> None:
    """Their rows and texts stay, for moderation."""
    deleted = {"is_deleted": True, "deleted_by": deleted_by, "updated_at": now}
    await connection.execute(update(Message).where(Message.id.in_(message_ids)).values(**deleted))


async def mark_restored(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    restored = {"is_deleted": False, "deleted_by": None, "updated_at": now}
    await connection.execute(update(Message).where(Message.id == message_id).values(**restored))


async def count_more(connection: AsyncConnection, added: Mapping[UUID, int]) -> None:
    """Move `message_count` of conversations by so many, less than none where some went."""
    if not added:
        return
    counted = (
        update(Conversation)
        .where(Conversation.id == bindparam("b_id"))
        .values(message_count=Conversation.message_count + bindparam("b_added"))
    )
    await connection.execute(counted, [{"b_id": it, "b_added": n} for it, n in added.items()])


# ── what somebody wrote lately ───────────────────────────────────────────────────────────────


async def conversations_since(
    connection: AsyncConnection, user_id: UUID, since: datetime, after_id: UUID, limit: int
) -> list[UUID]:
    """Where somebody is or was, and something was said since; by id, past `after_id`.

    Indexes: idx_participants_user_active, pk_conversations.
    """
    participant = ConversationParticipant
    query = (
        select(participant.conversation_id)
        .join(Conversation, Conversation.id == participant.conversation_id)
        .where(
            participant.user_id == user_id,
            participant.conversation_id > after_id,
            # The second: what only its sender sees does not move the first.
            or_(Conversation.last_message_at >= since, Conversation.updated_at >= since),
        )
        .order_by(participant.conversation_id)
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """A message of the person whose messages are removed, where the walk meets it."""

    id: UUID
    conversation_id: UUID
    created_at: datetime
    seq: int
    hidden_because: str | None


_WRITTEN = (
    Message.id,
    Message.conversation_id,
    Message.created_at,
    Message.seq,
    Message.hidden_because,
)


async def messages_written(
    connection: AsyncConnection,
    conversation_id: UUID,
    sender_id: UUID,
    after: tuple[datetime, int],
    limit: int,
) -> list[WrittenMessage]:
    """Theirs that are not deleted, past that moment and number, in the order of both.

    Index: idx_messages_conversation_created, or
    uq_messages_sender_id_conversation_id_client_message_id.
    """
    moment, seq = after
    query = (
        select(*_WRITTEN)
        .where(
            Message.conversation_id == conversation_id,
            Message.sender_id == sender_id,
            Message.is_deleted.is_(False),
            Message.created_at >= moment,  # said apart, for the index
            tuple_(Message.created_at, Message.seq) > tuple_(moment, seq),
        )
        .order_by(Message.created_at, Message.seq)
        .limit(limit)
    )
    return [WrittenMessage(*row) for row in await connection.execute(query)]


async def still_there(
    connection: AsyncConnection, message_ids: Collection[UUID]
) -> list[WrittenMessage]:
    """Those of them that nobody has deleted meanwhile. Index: the primary key."""
    query = (
        select(*_WRITTEN)
        .where(Message.id.in_(message_ids), Message.is_deleted.is_(False))
        .order_by(Message.conversation_id, Message.seq)
    )
    return [WrittenMessage(*row) for row in await connection.execute(query)]


# ── reports ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who wants to read. `may_judge_roles`: also cases about people with a role on the server."""

    user_id: UUID
    may_judge_roles: bool


async def is_reported(
    connection: AsyncConnection, conversation_id: UUID, case_id: UUID | None, reviewer: Reviewer
) -> bool:
    """Whether somebody has reported it or a message of it, in that case (None: in any) that the
    reviewer could decide: it is neither about them nor their own report.

    Indexes: idx_reports_conversation or pk_reports, pk_users.
    """
    is_theirs = or_(
        Report.reporter_id == reviewer.user_id, Report.target_user_id == reviewer.user_id
    )
    query = (
        select(Report.id)
        .join(User, User.id == Report.target_user_id)
        .where(Report.conversation_id == conversation_id, ~is_theirs)
    )
    if not reviewer.may_judge_roles:
        query = query.where(User.role == "user")
    if case_id is not None:
        query = query.where(Report.id == case_id)
    return (await connection.execute(query.limit(1))).one_or_none() is not None
