"""Cleaning up receipts: when somebody had read a message. That they have is in the read markers."""

from collections import Counter
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.cleanup import queries
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Found, Key, Removed, Subject
from fynix_server.tables import Message, MessageReceipt

_ORDER = (MessageReceipt.message_id, MessageReceipt.user_id)


class ReceiptSweep:
    """By message and reader."""

    subject: Subject = "receipts"

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs = cutoffs

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Index: pk_message_receipts."""
        look = queries.Look(_ORDER, after, limit, order=2)
        return await queries.look(connection, look, self._may_go())

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """Index: pk_message_receipts."""
        await queries.lock_policies(connection)
        readers: dict[UUID, list[UUID]] = {}
        for message_id, user_id in keys:
            readers.setdefault(user_id, []).append(message_id)
        removed = 0
        for user_id, message_ids in readers.items():
            is_named = and_(
                MessageReceipt.message_id.in_(message_ids), MessageReceipt.user_id == user_id
            )
            result = await connection.execute(
                delete(MessageReceipt).where(is_named, *self._may_go())
            )
            removed += result.rowcount
        return +Counter(message_receipts=removed)

    def _may_go(self) -> list[ColumnElement[bool]]:
        """What is held of a message, a conversation or a person is held with its receipts."""
        is_held = or_(
            Message.conversation_id.in_(queries.held("conversation")),
            Message.sender_id.in_(queries.held("user")),
        )
        # One lookup for each: Postgres may read all messages to answer an EXISTS.
        held = select(Message.id).where(Message.id == MessageReceipt.message_id, is_held).limit(1)
        return [
            MessageReceipt.read_at < (self._cutoffs.before or self._cutoffs.now),
            MessageReceipt.user_id.not_in(queries.held("user")),
            held.scalar_subquery().is_(None),
        ]
