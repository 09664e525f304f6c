"""A million messages, a hundred thousand people, and what moderators would have made of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text

from fynix_server.audit_chain.link import GENESIS, Link, digest_of, encode_details
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.tables import (
    AuditEntry,
    AuditHead,
    Block,
    ContentRule,
    Conversation,
    ConversationParticipant,
    HeldMessage,
    LimitOverride,
    Message,
    Notice,
    Report,
    ReportEvidence,
    Restriction,
    Session,
    Table,
    User,
)

PEOPLE = 100_000
MESSAGES_EACH = 10
"""In each of as many direct conversations as there are people."""
AUDIT_ENTRIES = 200_000
REPORTS = 100_000
HELD = 50_000
RULES = 1_000
BATCH = 20_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADMIN, BUSY = 0, 7
"""An admin, and somebody of whom there is a lot of everything."""

Rows = Iterator[tuple[Any, ...]]


def person(number: int) -> UUID:
    return UUID(int=1 << 96 | number)


def room(number: int) -> UUID:
    return UUID(int=2 << 96 | number)


def message(number: int) -> UUID:
    return UUID(int=3 << 96 | number)


def case(number: int) -> UUID:
    return UUID(int=4 << 96 | number)


async def populate(database: Database, password_hash: str, told: Callable[[str], None]) -> None:
    """Fill an empty database, and have it look at itself (ANALYZE), as time would."""
    parts: list[tuple[type[Table], tuple[str, ...], Rows]] = [
        (User, _USER, _users(password_hash)),
        (Session, ("id", "user_id", "expires_at"), _sessions()),
        (Conversation, _CONVERSATION, _conversations()),
        (ConversationParticipant, ("conversation_id", "user_id", "joined_seq"), _participants()),
        (Message, _MESSAGE, _messages()),
        (Block, ("blocker_id", "blocked_id"), _blocks()),
        (Report, _REPORT, _reports()),
        (ReportEvidence, _EVIDENCE, _evidence()),
        (HeldMessage, ("message_id", "sender_id", "cause", "status"), _held()),
        (Notice, ("id", "user_id", "kind", "detail"), _notices()),
        (Restriction, ("user_id", "kind", "set_by"), _restrictions()),
        (LimitOverride, ("user_id", "bucket", "max_count", "window_seconds", "set_by"), _limits()),
        (ContentRule, ("id", "name", "kind", "pattern", "verdict"), _rules()),
        (AuditEntry, (*Link.__slots__, "details", "details_salt", "hash"), _audit()),
    ]
    for table, columns, rows in parts:
        count = await _insert(database, table, columns, rows)
        told(f"{table.__tablename__}: {count:,}")
    async with database.write() as connection:
        last = (await connection.execute(text("SELECT max(seq) FROM audit_log"))).scalar_one()
        found = await connection.execute(
            text("SELECT hash FROM audit_log WHERE seq = :seq"), {"seq": last}
        )
        await bulk_insert(
            connection, AuditHead, ("id", "seq", "hash"), [(1, last, found.scalar_one())]
        )
        await connection.execute(text("ANALYZE"))


async def _insert(
    database: Database, table: type[Table], columns: tuple[str, ...], rows: Rows
) -> int:
    count = 0
    while batch := list(islice(rows, BATCH)):
        async with database.write() as connection:
            await bulk_insert(connection, table, columns, batch)
        count += len(batch)
    return count


_USER = ("id", "username", "display_name", "password_hash", "role", "status", "created_at")


def _users(password_hash: str) -> Rows:
    for number in range(PEOPLE):
        role = "admin" if number == ADMIN else "moderator" if number % 5_000 == 1 else "user"
        status = "banned" if number % 100 == 99 else "active"
        name = f"person-{number:06}"
        yield person(number), name, name, password_hash, role, status, NOON


def _sessions() -> Rows:
    for number in range(PEOPLE):
        yield UUID(int=5 << 96 | number), person(number), NOON + timedelta(days=3650)


_CONVERSATION = (
    *("id", "is_group", "dm_key", "created_at", "updated_at", "last_message_at"),
    *("last_seq", "message_count", "members_version"),
)


def _pair(number: int) -> tuple[UUID, UUID]:
    # Every tenth is of somebody busy.
    one = BUSY if number % 1_000 == 0 else number
    return person(one), person((number + 1 + (number == BUSY)) % PEOPLE)


def _conversations() -> Rows:
    for number in range(PEOPLE):
        key = ":".join(sorted(map(str, _pair(number)))) + f":{number}"
        last = NOON + number * MINUTE
        yield room(number), False, key[:73], NOON, last, last, MESSAGES_EACH, MESSAGES_EACH, 1


def _participants() -> Rows:
    for number in range(PEOPLE):
        for user_id in dict.fromkeys(_pair(number)):
            yield room(number), user_id, 1


_MESSAGE = (
    *("id", "conversation_id", "sender_id", "content", "created_at", "updated_at", "seq"),
    *("hidden_because", "is_deleted"),
)


def _messages() -> Rows:
    for number in range(PEOPLE):
        pair = _pair(number)
        for at in range(MESSAGES_EACH):
            which = number * MESSAGES_EACH + at
            moment = NOON + number * MINUTE
            is_held = which % (PEOPLE * MESSAGES_EACH // HELD) == 0
            yield (
                *(message(which), room(number), pair[at % 2], f"message number {which}"),
                *(moment, moment, at + 1, "held" if is_held else None, at == 9),
            )


def _blocks() -> Rows:
    for number in range(PEOPLE):
        yield person(number), person((number + 2) % PEOPLE)
    for number in range(100, 5_100):
        yield person(number), person(BUSY)


_REPORT = (
    *("id", "reporter_id", "target_key", "target_user_id", "message_id", "conversation_id"),
    *("reason", "status", "created_at", "updated_at"),
)


def _reports() -> Rows:
    for number in range(REPORTS):
        about = message(number * 10)
        target = person(BUSY) if number % 20 == 0 else _pair(number)[0]
        status = ("open", "assigned", "actioned", "dismissed")[number % 4]
        moment = NOON + number * MINUTE
        yield (
            *(case(number), _pair(number)[1], f"message:{about}", target, about, room(number)),
            *("spam", status, moment, moment),
        )


_EVIDENCE = (
    "report_id",
    "message_id",
    "seq",
    "sender_id",
    "content",
    "content_type",
    "created_at",
    "is_deleted",
)


def _evidence() -> Rows:
    for number in range(0, REPORTS, 4):
        for at in range(5):
            which = number * 10 + at
            yield (
                case(number),
                message(which),
                at + 1,
                _pair(number)[at % 2],
                "text",
                "text",
                NOON,
                False,
            )


def _held() -> Rows:
    step = PEOPLE * MESSAGES_EACH // HELD
    for which in range(0, PEOPLE * MESSAGES_EACH, step):
        sender = _pair(which // MESSAGES_EACH)[which % MESSAGES_EACH % 2]
        yield (
            message(which),
            sender,
            "filter",
            ("waiting", "released", "rejected")[which // step % 3],
        )


def _notices() -> Rows:
    for number in range(PEOPLE):
        whom = BUSY if number % 50 == 0 else number
        yield UUID(int=6 << 96 | number), person(whom), "warning", "Please stop."


def _restrictions() -> Rows:
    for number in range(10, PEOPLE, 20):
        yield person(number), "muted", str(person(ADMIN))


def _limits() -> Rows:
    for number in range(10, PEOPLE, 50):
        yield person(number), "messages", 5, 60, str(person(ADMIN))


def _rules() -> Rows:
    for number in range(RULES):
        yield UUID(int=7 << 96 | number), f"rule {number:04}", "word", f"word{number}x", "mask"


def _audit() -> Rows:
    previous = GENESIS
    details = encode_details({"before": {}, "after": {"muted": True}, "reason": "flooding"})
    for seq in range(1, AUDIT_ENTRIES + 1):
        salt = f"{seq:032x}"
        link = Link(
            seq=seq,
            at=NOON + seq * MINUTE,
            actor_kind="user",
            actor_id=str(person(seq % 20 * 5_000 + 1)),
            action=("user.mute", "user.unmute", "case.action", "message.delete")[seq % 4],
            outcome="refused" if seq % 50 == 0 else "done",
            target_kind="user",
            target_id=str(person(BUSY if seq % 10 == 0 else seq % PEOPLE)),
            request_id=None,
            details_digest=digest_of(salt, details),
            previous_hash=previous,
        )
        previous = link.hash()
        yield (*(getattr(link, name) for name in Link.__slots__), details, salt, previous)
