"""What reports, cases and notices ask the database is found by an index, however many there are."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import pending_cases_about
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.notices import queries as notice_queries
from fynix_server.policy import Horizon, Retention
from fynix_server.reports import case_queries, queries
from fynix_server.reports.case_queries import CasesWanted
from fynix_server.reports.queries import Reportable
from fynix_server.settings import Settings
from fynix_server.tables import Message, Notice, Report, ReportEvidence, User, new_id
from tests.query_plans.asking import Ask, Asked, filled, gather_statistics, require_indexes
from tests.query_plans.crowd import PEOPLE, crowd, room

REPORTS, OTHERS = 30_000, 50_000
LARGE = {"users", "messages", "conversation_participants", "reports", "report_evidence", "notices"}
SOMEBODY, MODERATOR = UUID(int=17), UUID(int=3)
REPORT = UUID(int=(2 << 64) + 4)
BY_TARGET = "idx_reports_target_user or idx_reports_target_status"
_COLUMNS = "id reporter_id target_key target_user_id reason status assigned_to created_at"
_ANY = CasesWanted(None, None, None, None, None)


def _wanted(**which: Any) -> Ask:
    given = {name: getattr(_ANY, name) for name in CasesWanted.__slots__} | which
    return lambda connection: case_queries.cases(connection, CasesWanted(**given), 51)


async def _evidence_of_the_busiest(connection: AsyncConnection) -> None:
    reported = await _reportable(connection)
    horizon = Horizon(Retention(30), utc_now())
    await queries.messages_around(connection, reported, count=5, reach=500, horizon=horizon)


async def _reportable(connection: AsyncConnection) -> Reportable:
    """In the middle of twenty thousand messages."""
    query = select(Message.id).where(Message.conversation_id == room(0), Message.seq == 9999)
    message_id = (await connection.execute(query)).scalar_one()
    found = await queries.find_reportable(connection, UUID(int=1), message_id, None)
    assert found is not None
    return found


ASKED: Asked = {
    "a message to report, and what is around it": (
        _evidence_of_the_busiest,
        {"pk_messages", "pk_conversation_participants", "uq_messages_conversation_id_seq"},
    ),
    "whether two have met": (
        lambda connection: queries.has_met(connection, SOMEBODY, UUID(int=34), None),
        {"pk_conversation_participants or idx_participants_user_active"},
    ),
    "one's own reports": (
        lambda connection: queries.reports_by(connection, SOMEBODY, None, 51),
        {"idx_reports_reporter"},
    ),
    "the queue": (_wanted(status="open"), {"idx_reports_status"}),
    "further down the queue": (_wanted(status="open", after=REPORT), {"idx_reports_status"}),
    "cases of a moderator": (
        _wanted(status="assigned", assigned_to=MODERATOR),
        {"idx_reports_assigned_to"},
    ),
    "cases about somebody": (_wanted(user_id=SOMEBODY), {BY_TARGET}),
    "open cases about somebody": (
        _wanted(status="open", user_id=SOMEBODY),
        {"idx_reports_target_status"},
    ),
    "cases by somebody": (_wanted(reporter_id=SOMEBODY), {"idx_reports_reporter"}),
    "one case": (
        lambda connection: case_queries.find_case(connection, REPORT),
        {"pk_reports"},
    ),
    "whom cases name": (
        lambda connection: case_queries.find_people(
            connection, [UUID(int=1 + number) for number in range(150)]
        ),
        {"pk_users"},
    ),
    "a locked case": (
        lambda connection: case_queries.lock_case(connection, REPORT),
        {"pk_reports", "pk_users", "pk_report_evidence"},
    ),
    "how many there are about somebody": (
        lambda connection: pending_cases_about(connection, SOMEBODY),
        {"idx_reports_target_status"},
    ),
    "evidence": (
        lambda connection: case_queries.evidence_of(connection, REPORT),
        {"pk_report_evidence", "pk_users"},
    ),
    "purging evidence": (
        lambda connection: case_queries.purge_evidence_of_erased(connection, REPORT),
        {"pk_report_evidence", "pk_reports", "pk_users or idx_users_status"},
    ),
    "notices": (
        lambda connection: notice_queries.notices_of(
            connection, SOMEBODY, is_unread=True, before=None, limit=51
        ),
        {"idx_notices_user"},
    ),
    "marking notices": (
        lambda connection: notice_queries.mark_read_up_to(connection, SOMEBODY, None, utc_now()),
        {"idx_notices_user"},
    ),
}


async def _fill(settings: Settings) -> None:
    """Thirty thousand reports by and about everybody, one in ten open, one in a hundred assigned,
    each with two messages of evidence and a notice; and people who have nothing to do with it."""
    await crowd(settings)
    now = utc_now() - timedelta(days=1)
    people = [UUID(int=1 + number) for number in range(PEOPLE)]
    ids = [UUID(int=(2 << 64) + number) for number in range(REPORTS)]
    reports = []
    for number, id_ in enumerate(ids):
        status = "open" if number % 10 == 0 else "assigned" if number % 100 == 1 else "actioned"
        assignee = None if status == "open" else people[number % 7]
        reporter, target = people[number % PEOPLE], people[(number + 1) % PEOPLE]
        reports.append((id_, reporter, f"user:{id_}", target, "spam", status, assignee, now))
    kept = [
        (id_, new_id(), seq, people[seq], "hello", "text", now, False)
        for id_ in ids
        for seq in range(2)
    ]
    told = [(new_id(), people[it % PEOPLE], "warning", "hello", now) for it in range(REPORTS)]
    database = Database(settings)
    async with database.write() as connection:
        await bulk_insert(connection, Report, _COLUMNS.split(), reports)
        columns = "report_id message_id seq sender_id content content_type created_at is_deleted"
        await bulk_insert(connection, ReportEvidence, columns.split(), kept)
        columns = "id user_id kind detail created_at"
        await bulk_insert(connection, Notice, columns.split(), told)
        columns = "id username display_name password_hash"
        others = [(new_id(), f"other{it}", "Other", "!") for it in range(OTHERS)]
        await bulk_insert(connection, User, columns.split(), others)
    await database.close()


@pytest.fixture(scope="module", params=["embedded", "full"])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    yield from filled(request, tmp_path_factory, _fill)


@pytest.fixture
async def database(crowded: Settings) -> AsyncIterator[Database]:
    database = Database(crowded)
    yield database
    await database.close()


@pytest.mark.parametrize("has_statistics", [False, True])
async def test_queries_use_their_indexes_and_read_no_large_table_whole(
    database: Database, has_statistics: bool
) -> None:
    await gather_statistics(database, is_wanted=has_statistics)

    await require_indexes(database, ASKED, LARGE)
