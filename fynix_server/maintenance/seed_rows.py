"""The rows of a made-up conversation, as the server itself would have written them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from fynix_server.maintenance.seed_plan import YEAR_MS, SeedConversation, id_made_at, moment_at

CONVERSATION_COLUMNS = (
    *("id", "is_group", "name", "created_at", "updated_at", "last_message_at", "dm_key"),
    *("last_seq", "message_count", "members_version"),
)
PARTICIPANT_COLUMNS = (
    *("conversation_id", "user_id", "role", "joined_at", "joined_seq"),
    *("last_read_seq", "last_read_message_id"),
)
EVENT_COLUMNS = ("conversation_id", "seq", "type", "actor_id", "created_at")
MESSAGE_COLUMNS = (
    *("id", "conversation_id", "sender_id", "content", "created_at", "updated_at", "seq"),
)

_BEGINNING_SEQ = 1
_FIRST_MESSAGE_SEQ = 2
_USUAL_PAUSE_MS = 10 * 60 * 1000
_SHARE_UP_TO_DATE = 0.6

AnyRow = tuple[Any, ...]


@dataclass(frozen=True)
class ConversationRows:
    """One conversation, whole; each row in the order of the columns above."""

    conversation: AnyRow
    participants: list[AnyRow]
    event: AnyRow
    messages: list[AnyRow]


@dataclass(frozen=True, slots=True)
class _Said:
    id: UUID
    sender_id: UUID
    content: str
    moment: datetime
    seq: int


def rows_of(conversation: SeedConversation, rng: Random) -> ConversationRows:
    """Everything of it but its people's accounts. No receipts: who read what, the markers say.

    The first event has no payload; `event_log` makes one when it is read.
    """
    said = list(_said_in(conversation, rng))
    begun = moment_at(conversation.begins_ms)
    last_moment = said[-1].moment if said else None
    is_group = conversation.group_name is not None
    first_member = conversation.members[0]
    return ConversationRows(
        conversation=(
            conversation.id,
            is_group,
            conversation.group_name,
            begun,
            last_moment or begun,
            last_moment,
            None if is_group else ":".join(sorted(str(it) for it in conversation.members)),
            _BEGINNING_SEQ + len(said),
            len(said),
            1,
        ),
        participants=_participants(conversation, begun, said, rng),
        event=(conversation.id, _BEGINNING_SEQ, "conversation_created", first_member, begun),
        messages=[
            (it.id, conversation.id, it.sender_id, it.content, it.moment, it.moment, it.seq)
            for it in said
        ],
    )


def _said_in(conversation: SeedConversation, rng: Random) -> Iterator[_Said]:
    count = conversation.message_count
    if not count:
        return
    pause_ms = min(_USUAL_PAUSE_MS, (YEAR_MS - conversation.begins_ms) / count)
    members, lines = conversation.members, _lines(conversation, rng)
    moment_ms, speaker = conversation.begins_ms, rng.randrange(len(members))
    for seq in range(_FIRST_MESSAGE_SEQ, _FIRST_MESSAGE_SEQ + count):
        moment_ms += 1 + int(rng.expovariate(1 / pause_ms))
        # Somebody else than the one before.
        speaker = (speaker + rng.randrange(1, len(members))) % len(members)
        message_id = id_made_at(moment_ms, rng)
        yield _Said(message_id, members[speaker], next(lines), moment_at(moment_ms), seq)


def _lines(conversation: SeedConversation, rng: Random) -> Iterator[str]:
    while True:
        yield from rng.choice(conversation.language.exchanges)


def _participants(
    conversation: SeedConversation, begun: datetime, said: list[_Said], rng: Random
) -> list[AnyRow]:
    """Each has read at least up to their own last message, as sending makes it."""
    own_last = {it.sender_id: it.seq for it in said}
    last_seq = _BEGINNING_SEQ + len(said)
    rows: list[AnyRow] = []
    for number, user_id in enumerate(conversation.members):
        is_up_to_date = rng.random() < _SHARE_UP_TO_DATE
        least = own_last.get(user_id, _BEGINNING_SEQ)
        read_seq = last_seq if is_up_to_date else rng.randint(least, last_seq)
        # Markers stand on messages; number 1 is none.
        read = said[read_seq - _FIRST_MESSAGE_SEQ] if read_seq > _BEGINNING_SEQ else None
        role = "owner" if conversation.group_name and number == 0 else "member"
        marker = (read.seq, read.id) if read else (0, None)
        rows.append((conversation.id, user_id, role, begun, _BEGINNING_SEQ, *marker))
    return rows
