"""Cleaning up messages: deleted ones after their grace, and what is past its retention."""

from collections import Counter
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.cleanup import queries
from fynix_server.maintenance.cleanup.purged_numbers import Gone, note_purged
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Found, Key, Removed, Subject
from fynix_server.policy import Retention
from fynix_server.policy.queries import policy_version
from fynix_server.policy.retention import Horizon
from fynix_server.policy.retention_queries import load_retention
from fynix_server.tables import (
    AnyRow,
    Conversation,
    HeldMessage,
    LegalHold,
    Message,
    MessageReceipt,
    RetentionPolicy,
)

_ORDER = (Message.conversation_id, Message.seq)
_KEY = (*_ORDER, Message.id)
_NEWEST = Message.__table__.alias("newest").c
_LAST_MESSAGE_AT = (
    select(_NEWEST.created_at)
    .where(_NEWEST.conversation_id == Conversation.id, _NEWEST.hidden_because.is_(None))
    .order_by(_NEWEST.seq.desc())
    .limit(1)
    .correlate(Conversation)
    .scalar_subquery()
)
_RECEIPTS = select(func.count()).where(MessageReceipt.message_id == Message.id).scalar_subquery()
_RELEASED = Message.__table__.alias("released").c
_IS_WAITING = exists().where(HeldMessage.message_id == Message.id, HeldMessage.status == "waiting")
# It goes after the message that it was released as, whose retries are compared through it.
_LEADS_TO_RELEASED = exists().where(
    HeldMessage.message_id == Message.id, HeldMessage.released_as == _RELEASED.id
)
_REVIEWS = select(func.count()).where(HeldMessage.message_id == Message.id).scalar_subquery()
_COUNT_LESS = (
    update(Conversation)
    .where(Conversation.id == bindparam("less_id"))
    .values(
        message_count=Conversation.message_count - bindparam("less_count"),
        last_message_at=_LAST_MESSAGE_AT,
    )
)


class MessageSweep:
    """By conversation and number. Receipts and decided reviews go with their messages."""

    subject: Subject = "messages"

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs = cutoffs
        self._version = -1
        self._may_go: list[ColumnElement[bool]] = []

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Index: uq_messages_conversation_id_seq."""
        look = queries.Look(_KEY, after, limit, order=2)
        await self._learn_rules(connection, await policy_version(connection))
        return await queries.look(connection, look, self._may_go)

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """Indexes: pk_conversations, pk_messages, uq_messages_conversation_id_seq."""
        await queries.lock_conversations(connection, sorted({key[0] for key in keys}))
        await self._learn_rules(connection, await queries.lock_policies(connection))
        rows = await self._of_keys(connection, keys)
        if not rows:
            return Counter()
        ids = [row.id for row in rows]
        removed: Removed = Counter(
            message_receipts=sum(row.receipts for row in rows),
            held_messages=sum(row.reviews for row in rows),
            messages=len(ids),
        )
        await connection.execute(delete(Message).where(Message.id.in_(ids)))
        gone = [Gone(row.conversation_id, row.seq, row.seq) for row in rows]
        await note_purged(connection, gone)
        await _count_less(connection, rows)
        return +removed

    async def _of_keys(self, connection: AsyncConnection, keys: list[Key]) -> list[AnyRow]:
        """Those that still may go, in their order."""
        is_named = Message.id.in_([key[2] for key in keys])
        query = (
            select(
                Message.id,
                Message.conversation_id,
                Message.seq,
                Message.is_deleted,
                Message.hidden_because,
                _RECEIPTS.label("receipts"),
                _REVIEWS.label("reviews"),
            )
            .where(is_named, *self._may_go)
            .order_by(*_ORDER)
        )
        return list(await connection.execute(query))

    async def _learn_rules(self, connection: AsyncConnection, version: int) -> None:
        """What may go: nothing that is held, that waits for a moderator, or leads to what stays."""
        if version == self._version:
            return
        # Most servers hold nothing; asking for each message then is for nothing.
        query = select(LegalHold.kind).distinct()
        kinds = set((await connection.execute(query)).scalars())
        stays: list[ColumnElement[bool]] = [~_IS_WAITING, ~_LEADS_TO_RELEASED]
        if "conversation" in kinds:
            stays.append(Message.conversation_id.not_in(queries.held("conversation")))
        if "user" in kinds:
            stays.append(Message.sender_id.not_in(queries.held("user")))
        self._may_go = [or_(*self._reasons(await load_retention(connection))), *stays]
        self._version = version

    def _reasons(self, retention: Retention) -> list[ColumnElement[bool]]:
        cutoffs = self._cutoffs
        reasons: list[ColumnElement[bool]] = []
        if cutoffs.deleted_before is not None:
            # Deleting was the last that changed it.
            was_deleted = Message.updated_at < cutoffs.deleted_before
            reasons.append(and_(Message.is_deleted.is_(True), was_deleted))
        if cutoffs.before is not None:
            reasons.append(Message.created_at < cutoffs.before)
        own = select(RetentionPolicy.conversation_id).where(
            RetentionPolicy.conversation_id.is_not(None)
        )
        everywhere = Horizon(Retention(retention.server_days), cutoffs.now).of(UUID(int=0))
        if everywhere is not None:
            is_servers = Message.conversation_id.not_in(own)
            reasons.append(and_(is_servers, Message.created_at < everywhere))
        for days in sorted(set(retention.days.values())):
            cutoff = Horizon(Retention(days), cutoffs.now).of(UUID(int=0))
            of_days = own.where(RetentionPolicy.days == days)
            is_theirs = Message.conversation_id.in_(of_days)
            reasons.append(and_(is_theirs, Message.created_at < cutoff))
        # With no reason at all nothing may go.
        return reasons or [Message.seq < 0]


async def _count_less(connection: AsyncConnection, rows: list[AnyRow]) -> None:
    """Set right what conversations say of their messages; their locks are held."""
    counted = Counter({row.conversation_id: 0 for row in rows})
    counted.update(
        row.conversation_id for row in rows if not row.is_deleted and row.hidden_because is None
    )
    less = [{"less_id": id_, "less_count": count} for id_, count in counted.items()]
    await connection.execute(_COUNT_LESS, less)
