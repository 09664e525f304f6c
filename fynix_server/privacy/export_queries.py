"""The SQL of an export: page by page. Takes the connection first; never commits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.privacy.reader import Reader
from fynix_server.tables import (
    AnyRow,
    AuditEntry,
    Block,
    Conversation,
    ConversationParticipant,
    LimitOverride,
    Message,
    MessageReceipt,
    Notice,
    Report,
    Restriction,
    Session,
    User,
)

PAGE_ROWS = 500
WINDOW_NUMBERS = 500
"""How much of a conversation is looked at by one query, however few rows of it may be shown."""
TOLD_ACTS = (
    "user.role",
    "user.warn",
    "user.mute",
    "user.unmute",
    "user.hold",
    "user.unhold",
    "user.suspend",
    "user.unsuspend",
    "user.ban",
    "user.unban",
    "user.export",
)
"""Acts that the person was told of, or could see. Not a shadow limit, and not a case."""


async def find_person(connection: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """Somebody who was not erased. Index: the primary key."""
    columns = (
        User.id,
        User.username,
        User.display_name,
        User.avatar_url,
        User.accepts_new_dms,
        User.role,
        User.status,
        User.status_until,
        User.created_at,
        User.updated_at,
    )
    query = select(*columns).where(User.id == user_id, User.status != "erased")
    return (await connection.execute(query)).one_or_none()


async def totals(connection: AsyncConnection, user_id: UUID) -> tuple[int, int]:
    """How many conversations somebody has, and how many messages these hold.

    Indexes: idx_participants_user_active, pk_conversations.
    """
    query = (
        select(func.count(), func.coalesce(func.sum(Conversation.message_count), 0))
        .select_from(ConversationParticipant)
        .join(Conversation, Conversation.id == ConversationParticipant.conversation_id)
        .where(ConversationParticipant.user_id == user_id)
    )
    conversations, messages = (await connection.execute(query)).one()
    return conversations, int(messages)


# ── rows of small tables ─────────────────────────────────────────────────────────────────────

_OWN: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "sessions": (
        (
            Session.id,
            Session.created_at,
            Session.last_used_at,
            Session.expires_at,
            Session.revoked_at,
            Session.user_agent,
        ),
        Session.user_id,
        Session.id,
    ),
    "reports": (
        (
            Report.id,
            Report.target_user_id,
            Report.message_id,
            Report.conversation_id,
            Report.reason,
            Report.comment,
            Report.status,
            Report.outcome,
            Report.created_at,
            Report.closed_at,
        ),
        Report.reporter_id,
        Report.id,
    ),
    "blocks": (
        (Block.blocked_id, User.username.label("blocked_username"), Block.created_at),
        Block.blocker_id,
        Block.blocked_id,
    ),
    "notices": (
        (Notice.id, Notice.kind, Notice.detail, Notice.created_at, Notice.read_at),
        Notice.user_id,
        Notice.id,
    ),
    "restrictions": (
        (Restriction.kind, Restriction.until, Restriction.created_at),
        Restriction.user_id,
        Restriction.kind,
    ),
    "limit_overrides": (
        (
            LimitOverride.bucket,
            LimitOverride.max_count,
            LimitOverride.window_seconds,
            LimitOverride.until,
            LimitOverride.created_at,
        ),
        LimitOverride.user_id,
        LimitOverride.bucket,
    ),
    "audit": (
        (AuditEntry.seq, AuditEntry.at, AuditEntry.action),
        AuditEntry.target_id,
        AuditEntry.seq,
    ),
}
"""By file its columns, whose rows they are, and the order. The first column says where a page ends.

Indexes: idx_sessions_user, idx_reports_reporter, pk_blocks, idx_notices_user, pk_restrictions,
pk_limit_overrides, idx_audit_log_target.
"""


async def own_rows(
    connection: AsyncConnection, file: str, user_id: UUID, after: Any
) -> Sequence[AnyRow]:
    """The page of a small table's rows that follows `after`, a first column."""
    columns, owner, order = _OWN[file]
    is_theirs: ColumnElement[bool] = owner == (str(user_id) if file == "audit" else user_id)
    query = select(*columns).where(is_theirs)
    if file == "blocks":
        query = query.join(User, User.id == Block.blocked_id)
    elif file == "restrictions":
        # Whoever is told of a shadow limit has none.
        query = query.where(Restriction.kind != "shadow_limited")
    elif file == "audit":
        query = query.where(AuditEntry.outcome == "done", AuditEntry.action.in_(TOLD_ACTS))
    if after is not None:
        query = query.where(order > after)
    return (await connection.execute(query.order_by(order).limit(PAGE_ROWS))).all()


# ── conversations ────────────────────────────────────────────────────────────────────────────


async def parts_after(
    connection: AsyncConnection, user_id: UUID, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """Somebody's parts in conversations, by id. Index: idx_participants_user_active."""
    participant = ConversationParticipant
    query = (
        select(
            Conversation.id,
            Conversation.is_group,
            Conversation.name,
            Conversation.description,
            Conversation.created_at,
            Conversation.last_seq,
            participant.role,
            participant.joined_at,
            participant.joined_seq,
            participant.is_active,
            participant.left_at,
            participant.left_seq,
            participant.last_read_seq,
            participant.muted_until,
        )
        .join(participant, participant.conversation_id == Conversation.id)
        .where(participant.user_id == user_id)
    )
    if after is not None:
        query = query.where(participant.conversation_id > after)
    return (
        await connection.execute(query.order_by(participant.conversation_id).limit(limit))
    ).all()


async def people_in(
    connection: AsyncConnection, conversation_ids: Sequence[UUID]
) -> Sequence[AnyRow]:
    """Who is, or was, in them. Index: pk_conversation_participants."""
    participant = ConversationParticipant
    query = (
        select(
            participant.conversation_id,
            participant.user_id,
            participant.joined_seq,
            participant.is_active,
            participant.role,
            User.username,
            User.display_name,
        )
        .join(User, User.id == participant.user_id)
        .where(participant.conversation_id.in_(conversation_ids))
        .order_by(participant.conversation_id, participant.joined_seq, participant.user_id)
    )
    return (await connection.execute(query)).all()


async def find_part(
    connection: AsyncConnection, user_id: UUID, conversation_id: UUID
) -> AnyRow | None:
    """`is_active, joined_seq, last_seq`, as they are now. Indexes: two primary keys."""
    participant = ConversationParticipant
    query = (
        select(participant.is_active, participant.joined_seq, Conversation.last_seq)
        .join(Conversation, Conversation.id == participant.conversation_id)
        .where(participant.user_id == user_id, participant.conversation_id == conversation_id)
    )
    return (await connection.execute(query)).one_or_none()


async def messages_in(
    connection: AsyncConnection, reader: Reader, conversation_id: UUID, after_seq: int
) -> Sequence[AnyRow]:
    """A window of what somebody wrote, and of what they may read there by others.

    Index: uq_messages_conversation_id_seq.
    """
    query = (
        select(
            Message.id,
            Message.conversation_id,
            Message.seq,
            Message.sender_id,
            User.username.label("sender_username"),
            Message.content,
            Message.content_type,
            Message.client_message_id,
            Message.is_deleted,
            Message.created_at,
            Message.edited_at,
        )
        .join(User, User.id == Message.sender_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > after_seq,
            Message.seq <= after_seq + WINDOW_NUMBERS,
            reader.may_see,
        )
        .order_by(Message.seq)
    )
    return (await connection.execute(query)).all()


async def receipts_in(
    connection: AsyncConnection, user_id: UUID, conversation_id: UUID, after_seq: int
) -> Sequence[AnyRow]:
    """When somebody said that they had read messages of a window.

    Indexes: uq_messages_conversation_id_seq, pk_message_receipts.
    """
    query = (
        select(Message.conversation_id, MessageReceipt.message_id, MessageReceipt.read_at)
        .join(Message, Message.id == MessageReceipt.message_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > after_seq,
            Message.seq <= after_seq + WINDOW_NUMBERS,
            MessageReceipt.user_id == user_id,
        )
        .order_by(Message.seq)
    )
    return (await connection.execute(query)).all()
