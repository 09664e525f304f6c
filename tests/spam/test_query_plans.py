"""What is asked to score somebody is found by indexes, whoever it is.

On tens of thousands of conversations, all of which moved within the day.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.settings import Settings
from fynix_server.spam import assessment_queries as assessed
from fynix_server.spam import complaint_queries as complaints
from fynix_server.spam import queries
from fynix_server.spam.assessment_queries import AssessmentsWanted
from fynix_server.spam.measures import LETS_OFF
from fynix_server.spam.score import Measure
from fynix_server.tables import (
    AuditEntry,
    Block,
    Conversation,
    Message,
    Report,
    SpamAssessment,
    new_id,
)
from tests.query_plans.asking import AskedAbout, about, filled, gather_statistics, require_indexes
from tests.query_plans.crowd import BUSY, CONVERSATIONS, PEOPLE, crowd, room

LARGE = {
    "audit_log",
    "blocks",
    "conversation_participants",
    "conversations",
    "messages",
    "reports",
    "spam_assessments",
    "users",
}
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
BUSIEST, USUAL = UUID(int=1), UUID(int=17)
"""Who wrote half of 20,000 messages in one conversation; who has some twenty conversations."""

MANY = [UUID(int=number) for number in range(100, 600)]

ASKED: AskedAbout[UUID] = {
    "an account's age": (queries.account_created_at, {"pk_users"}),
    "what somebody sent": (
        lambda connection, user_id: queries.sent_since(connection, user_id, utc_now() - WEEK),
        {"idx_participants_user_active", "pk_conversations", "uq_messages_conversation_id_seq"},
    ),
    "to whom somebody wrote first": (
        lambda connection, user_id: queries.openings_since(connection, user_id, utc_now() - WEEK),
        {
            "idx_participants_user_active",
            "pk_conversations",
            "pk_conversation_participants",
            "uq_messages_conversation_id_seq",
            "uq_messages_sender_id_conversation_id_client_message_id",
        },
    ),
    "who blocked somebody": (
        lambda connection, user_id: complaints.blockers_of(connection, user_id, utc_now() - MONTH),
        {"idx_blocks_blocked"},
    ),
    "who reported somebody": (
        lambda connection, user_id: complaints.reporters_of(connection, user_id, utc_now() - MONTH),
        {"idx_reports_target_user or idx_reports_target_status"},
    ),
    "to whom of these somebody wrote directly": (
        lambda connection, user_id: complaints.written_to_directly(
            connection, user_id, MANY, utc_now() - MONTH
        ),
        {"uq_conversations_dm_key", "uq_messages_conversation_id_seq"},
    ),
    "to whom of these somebody wrote in groups": (
        lambda connection, user_id: complaints.written_to_in_groups(
            connection, user_id, MANY, utc_now() - MONTH
        ),
        {
            "idx_participants_user_active",
            "pk_conversations",
            "uq_messages_conversation_id_seq",
            "pk_conversation_participants",
        },
    ),
    "the newest complaints": (
        lambda connection, _: complaints.complaints_not_looked_at(
            connection, utc_now() - timedelta(seconds=60)
        ),
        {"idx_blocks_created_at", "idx_reports_created_at", "pk_spam_assessments"},
    ),
    "whose turn it is": (
        assessed.claimed_at,
        {"pk_spam_assessments"},
    ),
    "what was last said of somebody": (
        assessed.find_assessment,
        {"pk_spam_assessments", "pk_users"},
    ),
    "the highest scores": (
        lambda connection, _: assessed.assessments(
            connection, AssessmentsWanted(after=(40, BUSIEST)), 50
        ),
        {"idx_spam_assessments_score", "pk_users"},
    ),
    "the highest scores of a measure": (
        lambda connection, _: assessed.assessments(
            connection, AssessmentsWanted("hold", after=(60, BUSIEST)), 50
        ),
        {"idx_spam_assessments_measure", "pk_users"},
    ),
    "the exempt": (
        lambda connection, _: assessed.assessments(
            connection, AssessmentsWanted(is_exempt=True, after=(60, BUSIEST)), 50
        ),
        {"idx_spam_assessments_exempt", "pk_users"},
    ),
    "whether somebody was let off": (
        lambda connection, user_id: assessed.acts_on_since(
            connection, user_id, list(LETS_OFF), utc_now() - WEEK
        ),
        {"idx_audit_log_target"},
    ),
}


async def _lively_crowd(settings: Settings) -> None:
    """The crowd, with everything said within the last day."""
    await crowd(settings)
    database, lately = Database(settings), utc_now() - timedelta(hours=5)
    async with database.write() as connection:
        await connection.execute(update(Conversation).values(updated_at=lately))
        await connection.execute(update(Message).values(created_at=lately))
        busy = update(Conversation).where(Conversation.id == room(0))
        await connection.execute(busy.values(last_seq=BUSY - 1))
        keys = [{"place": room(number), "key": f"pair {number}"} for number in range(CONVERSATIONS)]
        keyed = update(Conversation).where(Conversation.id == bindparam("place"))
        await connection.execute(keyed.values(dm_key=bindparam("key")), keys)
        await _complain(connection)
    await database.close()


async def _complain(connection: AsyncConnection) -> None:
    """Everybody was blocked and reported by some, judged, and acted on; a few of it just now."""
    people, now = [UUID(int=1 + number) for number in range(PEOPLE)], utc_now()
    pairs = [(one, other) for one in people[:20] for other in people if one != other]
    times = [now - timedelta(minutes=number) for number in range(len(pairs))]
    complained = zip(pairs, times, strict=True)
    blocks = [(one, other, at) for (one, other), at in complained]
    columns = "blocker_id blocked_id created_at"
    await bulk_insert(connection, Block, columns.split(), blocks)
    reports = [(new_id(), one, f"user:{other}", other, "spam", at, at) for one, other, at in blocks]
    columns = "id reporter_id target_key target_user_id reason created_at updated_at"
    await bulk_insert(connection, Report, columns.split(), reports)
    measures = [measure.value for measure in Measure]
    judged = [
        (it, it.int % 90, measures[it.int % 90 // 25], now, now - MONTH, it.int % 500 == 0)
        for it in people
    ]
    columns = "user_id score measure assessed_at claimed_at is_exempt"
    await bulk_insert(connection, SpamAssessment, columns.split(), judged)
    acts = [
        (seq, now, "user", "-", "user.unhold", "done", str(people[seq % PEOPLE]), "-", "-", "-")
        for seq in range(1, 20_000)
    ]
    columns = "seq at actor_kind actor_id action outcome target_id"
    columns += " details_digest previous_hash hash"
    await bulk_insert(connection, AuditEntry, columns.split(), acts)


@pytest.fixture(scope="module", params=["embedded", "full"])
def lively(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of a database of the lively crowd."""
    yield from filled(request, tmp_path_factory, _lively_crowd)


@pytest.fixture
async def database(lively: Settings) -> AsyncIterator[Database]:
    database = Database(lively)
    yield database
    await database.close()


@pytest.mark.parametrize("has_statistics", [False, True])
@pytest.mark.parametrize("user_id", [BUSIEST, USUAL], ids=["the busiest", "a usual one"])
async def test_scoring_reads_no_large_table_whole(
    database: Database, user_id: UUID, has_statistics: bool
) -> None:
    await gather_statistics(database, is_wanted=has_statistics)

    await require_indexes(database, about(ASKED, user_id), LARGE)


async def test_of_a_busy_conversation_only_the_newest_hundred_numbers_are_read(
    database: Database,
) -> None:
    async with database.read() as connection:
        sent = await queries.sent_since(connection, BUSIEST, utc_now() - WEEK)

    in_the_busy_one = [it for it in sent if it.conversation_id == room(0)]
    assert len(in_the_busy_one) == 50  # the other half of the hundred is the other's
    assert len(sent) > 50
