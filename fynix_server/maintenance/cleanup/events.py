"""Cleaning up events: those that tell clients of a change which is in the rows anyway."""

from collections import Counter

from sqlalchemy import ColumnElement, and_, delete, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.cleanup import queries
from fynix_server.maintenance.cleanup.purged_numbers import Gone, note_purged
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Found, Key, Removed, Subject
from fynix_server.tables import ConversationEvent, Message

_ORDER = (ConversationEvent.conversation_id, ConversationEvent.seq)
CHANGES = ("message_updated", "conversation_updated")
"""What has become of the message, or the group, stands in its row. Who came and went does not:
those events stay, and so do beginnings."""
DELETED = "message_deleted"


class EventSweep:
    """By conversation and number."""

    subject: Subject = "events"

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs = cutoffs

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Index: pk_conversation_events."""
        look = queries.Look(_ORDER, after, limit, order=2)
        return await queries.look(connection, look, self._may_go())

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """Indexes: pk_conversations, pk_conversation_events."""
        await queries.lock_conversations(connection, sorted({key[0] for key in keys}))
        await queries.lock_policies(connection)
        removed: Removed = Counter()
        gone = []
        by_conversation: dict[object, list[int]] = {}
        for conversation_id, seq in keys:
            by_conversation.setdefault(conversation_id, []).append(seq)
        for conversation_id, numbers in by_conversation.items():
            event = ConversationEvent
            statement = (
                delete(event)
                .where(event.conversation_id == conversation_id, event.seq.in_(numbers))
                .where(*self._may_go())
                .returning(event.conversation_id, event.seq)
            )
            rows = (await connection.execute(statement)).all()
            gone += [Gone(row.conversation_id, row.seq, row.seq, True) for row in rows]
        if gone:
            await note_purged(connection, gone)
            removed["conversation_events"] = len(gone)
        return removed

    def _may_go(self) -> list[ColumnElement[bool]]:
        """That a message was deleted is told as long as it is there as a deleted one.

        One that was restored loses its deletion before its restoring, which is younger.
        """
        event = ConversationEvent
        is_theirs = Message.sender_id.in_(queries.held("user"))
        kept = and_(event.type == DELETED, _is_about(Message.is_deleted.is_(True)))
        is_held_actors = event.actor_id.in_(queries.held("user"))
        return [
            event.created_at < (self._cutoffs.before or self._cutoffs.now),
            event.type.in_((*CHANGES, DELETED)),
            not_(kept),
            event.conversation_id.not_in(queries.held("conversation")),
            # By the sender of the message, whoever has changed it: all that is about it stays.
            not_(_is_about(is_theirs)),
            not_(and_(event.message_id.is_(None), event.actor_id.is_not(None), is_held_actors)),
        ]


def _is_about(is_such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the event's message is there, and such a one.

    One lookup for each: Postgres may read all messages to answer an EXISTS.
    """
    message = select(Message.id).where(Message.id == ConversationEvent.message_id, is_such)
    return message.limit(1).scalar_subquery().is_not(None)
