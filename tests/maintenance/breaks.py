"""How each invariant can be broken, in the database of `lived_in`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Insert, Update, delete, insert, select, text, update

from fynix_server.clock import utc_now
from fynix_server.tables import (
    AuditEntry,
    AuditHead,
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    HeldMessage,
    Message,
    MessageReceipt,
    RefreshToken,
    Session,
    User,
)
from tests.maintenance.breaking import Break

NOBODY = UUID(int=0)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
LOG = frozenset({"membership_log"})


# ── what is there ────────────────────────────────────────────────────────────────────────────


def _the(column: Any, *conditions: Any) -> Any:
    return select(column).where(*conditions).scalar_subquery()


_IS_DM = Conversation.is_group.is_(False)
DM = _the(Conversation.id, _IS_DM, Conversation.message_count > 0)
SILENT_DM = _the(Conversation.id, _IS_DM, Conversation.message_count == 0)
GROUP = _the(Conversation.id, Conversation.name == "renamed")
ALICE, BOB, CAROL = (_the(User.id, User.username == name) for name in ("alice", "bob", "carol"))


def _user(name: str, **values: Any) -> Update:
    return update(User).where(User.username == name).values(**values)


def _conversation(id: Any, **values: Any) -> Update:
    return update(Conversation).where(Conversation.id == id).values(**values)


def _participant(id: Any, person: Any, /, **values: Any) -> Update:
    table = ConversationParticipant
    is_theirs = (table.conversation_id == id, table.user_id == person)
    return update(table).where(*is_theirs).values(**values)


def _keyed(number: int, **values: Any) -> Update:
    """One of the messages that alice sent in the DM."""
    return update(Message).where(Message.client_message_id == f"key-{number}").values(**values)


def _of_key(number: int, column: Any) -> Any:
    return _the(column, Message.client_message_id == f"key-{number}")


def _event(id: Any, kind: str, /, **values: Any) -> Update:
    table = ConversationEvent
    return update(table).where(table.conversation_id == id, table.type == kind).values(**values)


def _marker_on(content: str) -> dict[str, Any]:
    where = Message.content == content
    return {
        "last_read_seq": _the(Message.seq, where),
        "last_read_message_id": _the(Message.id, where),
    }


def _receipt(number: int, user_id: Any) -> Insert:
    message_id = _of_key(number, Message.id)
    return insert(MessageReceipt).values(message_id=message_id, user_id=user_id, read_at=utc_now())


def _stray_event() -> Insert:
    return insert(ConversationEvent).values(
        conversation_id=DM,
        seq=_of_key(0, Message.seq),
        type="conversation_updated",
        payload="{}",
        created_at=LONG_AGO,
    )


def _lost_event() -> Executable:
    table = ConversationEvent
    return delete(table).where(table.conversation_id == GROUP, table.type == "conversation_updated")


# ── what can be mended ───────────────────────────────────────────────────────────────────────

_COUNT = Conversation.message_count

MENDABLE = (
    Break("last_seq", "too low", [_conversation(GROUP, last_seq=Conversation.last_seq - 1)]),
    Break("message_count", "too high", [_conversation(DM, message_count=_COUNT + 1)]),
    Break("message_count", "of no messages", [_conversation(SILENT_DM, message_count=3)]),
    Break("last_message_at", "too early", [_conversation(DM, last_message_at=LONG_AGO)]),
    Break("last_message_at", "missing", [_conversation(DM, last_message_at=None)]),
    Break("last_message_at", "of none", [_conversation(SILENT_DM, last_message_at=LONG_AGO)]),
    Break("updated_at", "before the last event", [_conversation(SILENT_DM, updated_at=LONG_AGO)]),
    Break("updated_at", "before the last message", [_conversation(DM, updated_at=LONG_AGO)]),
    Break(
        "members_version",
        "as at the beginning",
        [_conversation(GROUP, members_version=1)],
        is_restored=False,
    ),
    Break("dm_key", "missing", [_conversation(DM, dm_key=None)]),
    Break("dm_key", "of others", [_conversation(DM, dm_key="0" * 73)]),
    Break("dm_key", "of a group", [_conversation(GROUP, dm_key="a group's")]),
    Break("read_markers", "past the end", [_participant(DM, ALICE, last_read_seq=1000)]),
    Break("read_markers", "without message", [_participant(DM, ALICE, last_read_message_id=None)]),
    Break(
        "read_markers",
        "on another message",
        [_participant(DM, ALICE, last_read_message_id=_of_key(0, Message.id))],
    ),
    Break(
        "read_markers",
        "on an event",
        [_participant(SILENT_DM, CAROL, last_read_seq=1, last_read_message_id=None)],
    ),
    Break("own_messages_read", "behind", [_participant(DM, ALICE, **_marker_on("changed"))]),
    Break("receipts_read", "behind", [_participant(GROUP, CAROL, **_marker_on("hello"))]),
)


# ── what cannot ──────────────────────────────────────────────────────────────────────────────

UNMENDABLE = (
    Break("constraints", "an index", [text("DROP INDEX idx_conversations_updated_at")]),
    Break(
        "unique_keys",
        "a key of two messages",
        [_keyed(1, client_message_id="key-0")],
        drops=("messages", "uq_messages_sender_id_conversation_id_client_message_id"),
    ),
    Break(
        "unique_keys",
        "a number of two messages",
        [_keyed(0, seq=_of_key(4, Message.seq))],
        also=frozenset({"numbers_whole"}),
        drops=("messages", "uq_messages_conversation_id_seq"),
    ),
    Break("references", "sessions of nobody", [update(Session).values(user_id=NOBODY)]),
    Break("usernames", "a capital", [_user("alice", username="Alice")]),
    Break("usernames", "another's", [_user("alice", username="BOB")]),
    Break("words", "a role", [_user("alice", role="emperor")]),
    Break("words", "a role in a conversation", [_participant(DM, BOB, role="emperor")], also=LOG),
    Break("words", "a content type", [_keyed(0, content_type="smell")]),
    Break("refresh_tokens", "two", [update(RefreshToken).values(used_at=None)]),
    Break("numbers_once", "an event with a message's", [_stray_event()]),
    Break("numbers_whole", "past the end", [_conversation(DM, last_seq=Conversation.last_seq + 1)]),
    Break("numbers_whole", "a lost event", [_lost_event()]),
    Break("clocks", "ahead", [_conversation(DM, updated_at=utc_now() + timedelta(hours=9))]),
    Break(
        "beginnings",
        "twice",
        [_event(GROUP, "conversation_updated", type="conversation_created", payload="{}")],
    ),
    Break("beginnings", "never", [_event(DM, "conversation_created", type="other")], also=LOG),
    Break("event_messages", "of nothing", [_event(DM, "message_updated", message_id=NOBODY)]),
    Break(
        "deletions",
        "silent",
        [_keyed(5, is_deleted=True), _conversation(DM, message_count=_COUNT - 1)],
    ),
    Break(
        "deletions",
        "taken back",
        [_keyed(1, is_deleted=False), _conversation(DM, message_count=_COUNT + 1)],
    ),
    Break(
        "dm_participants",
        "one has gone",
        [_participant(DM, BOB, is_active=False, left_seq=3, left_at=LONG_AGO)],
        also=LOG,
    ),
    Break(
        "dm_key",
        "two of the same people",
        [_participant(SILENT_DM, CAROL, user_id=BOB)],
        also=LOG,
    ),
    Break("group_owner", "none", [_participant(GROUP, ALICE, role="member")], also=LOG),
    Break("group_owner", "two", [_participant(GROUP, BOB, role="owner")], also=LOG),
    Break("group_owner", "of a DM", [_participant(DM, BOB, role="owner")], also=LOG),
    Break("membership", "gone at no time", [_participant(GROUP, CAROL, left_at=None)]),
    Break("membership", "from before it began", [_participant(DM, BOB, joined_seq=0)], also=LOG),
    Break("membership_log", "later", [_participant(GROUP, BOB, joined_seq=2)]),
    Break("membership_log", "a role", [_participant(GROUP, BOB, role="admin")]),
    Break("membership_log", "unreadable", [_event(GROUP, "participant_removed", payload="?")]),
    Break("senders", "a stranger", [_keyed(5, sender_id=CAROL)]),
    Break("receipts", "of a stranger", [_receipt(0, CAROL)]),
    Break("receipts", "of one's own message", [_receipt(0, ALICE)]),
    Break("held_messages", "no moderator finds it", [delete(HeldMessage)]),
    Break("held_messages", "released by hand", [update(HeldMessage).values(status="released")]),
    Break("audit_log", "another act", [update(AuditEntry).values(action="user.warn")]),
    Break("audit_log", "its end is gone", [delete(AuditEntry)]),
    Break("audit_log", "it begins anew", [delete(AuditHead)]),
)
