"""What each cleanup removes; the doctor finds nothing wrong after any of them."""

from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Select, insert, select, update

from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.cleanup.sweep import Subject
from fynix_server.settings import Settings
from fynix_server.tables import (
    AuditEntry,
    Conversation,
    ConversationEvent,
    HeldMessage,
    LegalHold,
    Message,
    MessageReceipt,
    PurgedNumbers,
    RefreshToken,
    RetentionPolicy,
    Session,
    Table,
    User,
)
from tests.maintenance.cleanup.cleaning import Asked, cleaned, rows_of, unsound
from tests.maintenance.lived_in import live_in

SUBJECTS: tuple[Subject, ...] = ("messages", "sessions", "receipts", "events", "audit")
WAITS = Message.id.in_(select(HeldMessage.message_id).where(HeldMessage.status == "waiting"))
"""For a moderator, which is stronger than age; of those who live there one does."""


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_the_doctor_is_content_after_everything_of_a_kind_has_gone(
    settings: Settings, subject: Subject
) -> None:
    await live_in(settings)

    done = await cleaned(settings, subject, Asked(days=30, deleted_days=30, later_days=400))

    assert done.is_done
    assert done.removed or subject == "audit"
    assert await unsound(settings) == {}


async def test_the_doctor_is_content_when_kinds_go_one_after_the_other(settings: Settings) -> None:
    await live_in(settings)

    again: tuple[Subject, ...] = ("events",)
    for subject in (*SUBJECTS, *again):
        await cleaned(settings, subject, Asked(days=30, deleted_days=30, later_days=400))

        assert await unsound(settings) == {}, subject
    assert await _count(settings, ~WAITS) == 0
    assert await rows_of(settings, MessageReceipt) == 0


async def test_a_dry_run_counts_what_the_real_run_removes_and_changes_nothing(
    settings: Settings,
) -> None:
    await live_in(settings)
    asked = Asked(days=30, deleted_days=30, later_days=400)
    entries = await rows_of(settings, AuditEntry)

    subjects: tuple[Subject, ...] = ("receipts", "messages", "sessions", "events")
    for subject in subjects:
        dry = await cleaned(settings, subject, Asked(30, 30, 400, is_dry_run=True))
        assert await rows_of(settings, AuditEntry) == entries
        real = await cleaned(settings, subject, asked)
        entries += 2

        assert dry.removed == real.removed != {}
        assert await rows_of(settings, AuditEntry) == entries


# ── messages ─────────────────────────────────────────────────────────────────────────────────


async def test_deleted_messages_go_after_their_grace_and_no_others(settings: Settings) -> None:
    await live_in(settings)
    before = await rows_of(settings, Message)

    early = await cleaned(settings, "messages", Asked(deleted_days=30, later_days=29))
    assert early.removed == {}

    done = await cleaned(settings, "messages", Asked(deleted_days=30, later_days=31))

    assert done.removed == {"messages": 2, "message_receipts": 1}
    assert await rows_of(settings, Message) == before - 2
    assert await rows_of(settings, PurgedNumbers) == 2
    assert await unsound(settings) == {}


async def test_what_is_past_its_retention_goes_by_the_policy_of_its_conversation(
    settings: Settings,
) -> None:
    await live_in(settings)
    group = await _id_of(settings, select(Conversation.id).where(Conversation.name == "renamed"))
    await _store(settings, RetentionPolicy, scope="server", days=100, set_by="x")
    own = {"scope": str(group), "conversation_id": group, "days": 10, "set_by": "x"}
    await _store(settings, RetentionPolicy, **own)
    in_group = await _count(settings, Message.conversation_id == group)
    everywhere = await _count(settings, ~WAITS)

    assert (await cleaned(settings, "messages", Asked(later_days=9))).removed == {}
    first = await cleaned(settings, "messages", Asked(later_days=50))
    assert first.removed["messages"] == in_group
    assert await unsound(settings) == {}
    rest = await cleaned(settings, "messages", Asked(later_days=101))
    assert rest.removed["messages"] == everywhere - in_group
    assert await unsound(settings) == {}


async def test_without_any_policy_or_age_nothing_goes(settings: Settings) -> None:
    await live_in(settings)

    assert (await cleaned(settings, "messages", Asked(later_days=10_000))).removed == {}


@pytest.mark.parametrize("kind", ["user", "conversation"])
async def test_a_legal_hold_beats_policy_and_age(settings: Settings, kind: str) -> None:
    await live_in(settings)
    alice = await _id_of(settings, select(User.id).where(User.username == "alice"))
    dm = await _id_of(settings, select(Message.conversation_id).where(Message.sender_id == alice))
    is_held = Message.sender_id == alice if kind == "user" else Message.conversation_id == dm
    subject = alice if kind == "user" else dm
    await _store(settings, LegalHold, kind=kind, subject_id=subject, set_by="x")
    await _store(settings, RetentionPolicy, scope="server", days=1, set_by="x")
    held = await _count(settings, is_held)
    everything = Asked(days=30, deleted_days=30, later_days=400)

    for subject_of_cleanup in SUBJECTS[:4]:
        await cleaned(settings, subject_of_cleanup, everything)

    assert await _count(settings, is_held) == held > 0
    assert await _count(settings, ~WAITS) == held
    assert await rows_of(settings, MessageReceipt) > 0
    assert await rows_of(settings, Session) == (1 if kind == "user" else 0)
    assert await unsound(settings) == {}


async def test_a_message_that_waits_for_a_moderator_stays_until_they_have_looked(
    settings: Settings,
) -> None:
    await live_in(settings)
    query = select(Message.id, Message.sender_id).order_by(Message.id).limit(1)
    database = Database(settings)
    async with database.write() as connection:
        waiting = (await connection.execute(query)).one()
        row = {"message_id": waiting.id, "sender_id": waiting.sender_id, "cause": "filter"}
        await connection.execute(insert(HeldMessage), {**row, "status": "waiting"})

    await cleaned(settings, "messages", Asked(days=30, later_days=400))
    assert await _count(settings, ~WAITS) == 0
    assert await _count(settings, WAITS) == 2

    async with database.write() as connection:
        await connection.execute(update(HeldMessage).values(status="released"))
    await database.close()
    done = await cleaned(settings, "messages", Asked(days=30, later_days=401))
    assert done.removed["held_messages"] == 2
    assert await rows_of(settings, Message) == 0


# ── the others ───────────────────────────────────────────────────────────────────────────────


async def test_sessions_go_when_they_have_ended_and_never_before(settings: Settings) -> None:
    await live_in(settings)
    sessions, tokens = await rows_of(settings, Session), await rows_of(settings, RefreshToken)
    database = Database(settings)
    async with database.write() as connection:
        bob = select(User.id).where(User.username == "bob").scalar_subquery()
        ended = update(Session).where(Session.user_id == bob).values(revoked_at=utc_now())
        await connection.execute(ended)
    await database.close()

    done = await cleaned(settings, "sessions", Asked(days=20, later_days=21))

    assert done.removed == {"sessions": 1, "refresh_tokens": 1}
    assert await rows_of(settings, Session) == sessions - 1
    assert await rows_of(settings, RefreshToken) == tokens - 1


async def test_events_that_say_who_was_there_and_that_a_message_there_was_deleted_stay(
    settings: Settings,
) -> None:
    await live_in(settings)

    await cleaned(settings, "events", Asked(days=30, later_days=400))

    kinds = await _kinds(settings)
    assert kinds == {
        "conversation_created",
        "participant_added",
        "participant_removed",
        "participant_updated",
        "message_deleted",
    }
    await cleaned(settings, "messages", Asked(deleted_days=30, later_days=400))
    await cleaned(settings, "events", Asked(days=31, later_days=400))
    assert await _kinds(settings) == kinds - {"message_deleted"}
    assert await unsound(settings) == {}


async def _kinds(settings: Settings) -> set[str]:
    database = Database(settings)
    async with database.read() as connection:
        found = await connection.execute(select(ConversationEvent.type).distinct())
        kinds = set(found.scalars())
    await database.close()
    return kinds


async def _id_of(settings: Settings, query: Select[UUID]) -> UUID:
    database = Database(settings)
    async with database.read() as connection:
        found = (await connection.execute(query.limit(1))).scalar_one()
    await database.close()
    return found


async def _store(settings: Settings, table: type[Table], **row: object) -> None:
    database = Database(settings)
    async with database.write() as connection:
        await connection.execute(insert(table), row)
    await database.close()


async def _count(settings: Settings, condition: ColumnElement[bool]) -> int:
    database = Database(settings)
    async with database.read() as connection:
        found = len((await connection.execute(select(Message.id).where(condition))).all())
    await database.close()
    return found
