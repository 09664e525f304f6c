"""What moderators and the audit log ask the database is found by an index."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from fynix_server.audit import redact_details
from fynix_server.audit.queries import EntriesWanted, find_entries, find_entry
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.moderation.content import queries
from fynix_server.policy import Horizon, Retention
from fynix_server.settings import Settings
from fynix_server.tables import AuditEntry, Conversation, Report, new_id
from tests.query_plans.asking import Ask, Asked, filled, gather_statistics, require_indexes
from tests.query_plans.crowd import PEOPLE, crowd, room

LARGE = {"conversations", "conversation_participants", "messages", "users", "reports", "audit_log"}
ENTRIES, REPORTS = 20_000, 5_000
USER = UUID(int=17)
REVIEWER = queries.Reviewer(new_id(), may_judge_roles=False)
LATELY = utc_now() - timedelta(days=1)
KEPT = Horizon(Retention(30), utc_now())


def _entries(**wanted: Any) -> Ask:
    return lambda connection: find_entries(connection, EntriesWanted(**wanted), 51)


ASKED: Asked = {
    "conversations of a purge": (
        lambda connection: queries.conversations_since(connection, USER, LATELY, UUID(int=0), 500),
        {"idx_participants_user_active", "pk_conversations"},
    ),
    "messages of a purge": (
        lambda connection: queries.messages_written(connection, room(0), USER, (LATELY, -1), 100),
        {
            "idx_messages_conversation_created or "
            "uq_messages_sender_id_conversation_id_client_message_id"
        },
    ),
    "those still there": (
        lambda connection: queries.still_there(connection, [new_id() for _ in range(100)]),
        {"pk_messages"},
    ),
    "locking conversations": (
        lambda connection: queries.lock_conversations(connection, [room(it) for it in range(100)]),
        {"pk_conversations"},
    ),
    "one message": (
        lambda connection: queries.find_message(connection, room(0), new_id()),
        {"pk_messages"},
    ),
    "a page that moderators read": (
        lambda connection: queries.messages_before(connection, room(0), KEPT, 9000, 51),
        {"uq_messages_conversation_id_seq"},
    ),
    "the newest page that they read": (
        lambda connection: queries.messages_before(connection, room(0), KEPT, None, 51),
        {"uq_messages_conversation_id_seq"},
    ),
    "whether it was reported": (
        lambda connection: queries.is_reported(connection, room(1), None, REVIEWER),
        {"idx_reports_conversation"},
    ),
    "whether that case is about it": (
        lambda connection: queries.is_reported(connection, room(1), new_id(), REVIEWER),
        {"pk_reports or idx_reports_conversation"},
    ),
    "one entry": (lambda connection: find_entry(connection, 7), {"pk_audit_log"}),
    "entries before one": (_entries(before_seq=900), {"pk_audit_log"}),
    "entries after one": (_entries(after_seq=900), {"pk_audit_log"}),
    "entries about somebody": (_entries(target_id=str(USER)), {"idx_audit_log_target"}),
    "entries by somebody": (_entries(actor_id=str(USER)), {"idx_audit_log_actor"}),
    "entries of an act": (_entries(action="user.warn"), {"idx_audit_log_action"}),
    "entries of a time": (
        _entries(since=LATELY, until=LATELY + timedelta(hours=1)),
        {"idx_audit_log_at"},
    ),
    "forgetting somebody": (
        lambda connection: redact_details(connection, USER),
        {"idx_audit_log_target"},
    ),
}


@pytest.fixture(scope="module", params=["embedded", "full"])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database with much in it."""
    yield from filled(request, tmp_path_factory, _fill)


async def _fill(settings: Settings) -> None:
    await crowd(settings)
    now = utc_now()
    people = [UUID(int=1 + it % PEOPLE) for it in range(ENTRIES)]
    acts = ("user.ban", "user.mute", *["user.show"] * 100, "user.warn")
    entries = [
        (
            *(it + 1, now, "user", str(people[-it]), acts[it % len(acts)], "done"),
            *("user", str(people[it]), json.dumps({}), "", "", "", ""),
        )
        for it in range(ENTRIES)
    ]
    columns = "seq at actor_kind actor_id action outcome target_kind target_id"
    columns += " details details_salt details_digest previous_hash hash"
    cases = [
        (new_id(), people[it], f"user:{it}", people[-it], room(it), "spam", "dismissed", now, now)
        for it in range(REPORTS)
    ]
    case_columns = "id reporter_id target_key target_user_id conversation_id reason status"
    case_columns += " created_at updated_at"
    database = Database(settings)
    async with database.write() as connection:
        await bulk_insert(connection, AuditEntry, columns.split(), entries)
        await bulk_insert(connection, Report, case_columns.split(), cases)
        await connection.execute(update(Conversation).values(last_message_at=now))
    await database.close()


@pytest.fixture
async def database(crowded: Settings) -> AsyncIterator[Database]:
    database = Database(crowded)
    yield database
    await database.close()


@pytest.mark.parametrize("has_statistics", [False, True])
async def test_they_use_their_indexes_and_read_no_large_table_whole(
    database: Database, has_statistics: bool
) -> None:
    await gather_statistics(database, is_wanted=has_statistics)

    await require_indexes(database, ASKED, LARGE)
