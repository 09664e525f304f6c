"""What reading with a policy, and cleaning up, ask the database is found by an index."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from fynix_server.audit import Actor
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.event_log import frames_after
from fynix_server.maintenance.cleanup.audit_log import AuditSweep
from fynix_server.maintenance.cleanup.events import EventSweep
from fynix_server.maintenance.cleanup.messages import MessageSweep
from fynix_server.maintenance.cleanup.receipts import ReceiptSweep
from fynix_server.maintenance.cleanup.sessions import SessionSweep
from fynix_server.maintenance.cleanup.sweep import Cutoffs
from fynix_server.messages import queries as message_queries
from fynix_server.messages.queries import Place, Span
from fynix_server.policy import Horizon, Retention
from fynix_server.read_state import unread_counts
from fynix_server.retention import queries
from fynix_server.tables import PurgedNumbers
from tests.query_plans.asking import Asked, require_indexes
from tests.query_plans.crowd import room
from tests.sockets.test_query_plans import LARGE, crowded, database

__all__ = ["crowded", "database"]

NOW = utc_now()
HERE = room(0)
POLICIES = Horizon(Retention(30, {HERE: 10}), NOW)
CUTOFFS = Cutoffs(NOW, NOW - timedelta(days=30), NOW - timedelta(days=30))
SOMEBODY = UUID(int=17)
MIDDLE = UUID(int=2**127)
THERE = Place(HERE, SOMEBODY, POLICIES)
ASKED: Asked = {
    "the newest messages": (
        lambda it: message_queries.messages_newest_first(it, THERE, Span(1), offset=0, limit=51),
        {"idx_messages_conversation_created"},
    ),
    "how many messages": (
        lambda it: message_queries.count_messages(it, THERE, 1),
        {"uq_messages_conversation_id_seq or idx_messages_conversation_created"},
    ),
    "unread of a page": (
        lambda it: unread_counts(it, SOMEBODY, [HERE, room(18), room(19)], POLICIES),
        {"uq_messages_conversation_id_seq or idx_messages_conversation_created"},
    ),
    "a replay": (
        lambda it: frames_after(it, HERE, 1, 300, horizon=POLICIES),
        {"uq_messages_conversation_id_seq", "pk_conversation_events", "pk_purged_numbers"},
    ),
    "what a policy would hide of one": (
        lambda it: queries.count_sent_between(it, HERE, None, NOW),
        {"idx_messages_conversation_created or uq_messages_conversation_id_seq"},
    ),
    "messages to go": (
        lambda it: MessageSweep(CUTOFFS).find(it, (room(10_000), 1, MIDDLE), 500),
        {"uq_messages_conversation_id_seq"},
    ),
    "events to go": (
        lambda it: EventSweep(CUTOFFS).find(it, (room(10_000), 1), 500),
        {"pk_conversation_events"},
    ),
    "sessions to go": (
        lambda it: SessionSweep(CUTOFFS).find(it, (MIDDLE,), 500),
        {"pk_sessions"},
    ),
    "receipts to go": (lambda it: ReceiptSweep(CUTOFFS).find(it, (MIDDLE, MIDDLE), 500), set()),
    "entries to go": (
        lambda it: AuditSweep(CUTOFFS, Actor("host", "x")).find(it, (1,), 500),
        set(),
    ),
}


async def fill(database: Database) -> None:
    """Enough numbers that are gone for Postgres to prefer their index."""
    rows = [
        {"conversation_id": room(number), "first_seq": seq, "last_seq": seq, "is_event": False}
        for number in range(2000)
        for seq in (1001, 1003)
    ]
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM purged_numbers"))
        await connection.execute(insert(PurgedNumbers), rows)
        await connection.execute(text("ANALYZE"))


@pytest.mark.timeout(180)
async def test_nothing_is_read_whole_and_indexes_are_used(database: Database) -> None:
    await fill(database)

    await require_indexes(database, ASKED, LARGE)
