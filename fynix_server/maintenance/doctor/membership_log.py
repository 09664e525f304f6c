"""Whether the participants and their roles are those that the events add up to."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Text, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.doctor.invariant import Finding
from fynix_server.tables import AnyRow, ConversationEvent, ConversationParticipant

_EVENT_TYPES = (
    "conversation_created",
    "participant_added",
    "participant_updated",
    "participant_removed",
)


@dataclass
class _Stay:
    """`role` None: of a seeded conversation, so that the events do not say."""

    joined_seq: int | None
    role: str | None = None
    left_seq: int | None = None


@dataclass
class _Replay:
    """What the events of one conversation add up to.

    `is_open`: its beginning names nobody (a seeded conversation), so that whoever is there from
    the beginning may be. `has_silent_heir`: its owner left while heirs were not told of yet, so
    that any one of its people may be the owner.
    """

    stays: dict[UUID, _Stay] = field(default_factory=dict)
    is_open: bool = False
    has_silent_heir: bool = False

    def take(self, event: AnyRow) -> None:
        """Raises: ValueError, KeyError, TypeError (the payload is not what it should be)."""
        payload = json.loads(event.payload)
        if event.type == "conversation_created":
            self.is_open = not payload
            people = payload["conversation"]["participants"] if payload else ()
            for person in people:
                self._begin_stay(person, event.seq)
        elif event.type == "participant_added":
            self._begin_stay(payload["participant"], event.seq)
        else:
            # Of a seeded conversation: they have been there since its beginning.
            stay = self.stays.setdefault(UUID(payload["user_id"]), _Stay(None))
            if event.type == "participant_updated":
                stay.role = payload["role"]
                self.has_silent_heir &= stay.role != "owner"
            else:
                stay.left_seq = event.seq
                self.has_silent_heir |= stay.role == "owner"

    def _begin_stay(self, person: dict[str, Any], seq: int) -> None:
        self.stays[UUID(person["user_id"])] = _Stay(seq, person["role"])

    def expects(self, participant: AnyRow) -> bool:
        """Whether that is the participant's row after all this."""
        stay = self.stays.get(participant.user_id)
        if stay is None:
            if not self.is_open:
                return False
            stay = _Stay(None)
        joined_seq = 1 if stay.joined_seq is None else stay.joined_seq
        is_active = stay.left_seq is None
        actual = (participant.joined_seq, participant.left_seq, participant.is_active)
        is_there = actual == (joined_seq, stay.left_seq, is_active)
        return is_there and (not is_active or self._expects_role(stay, participant.role))

    def _expects_role(self, stay: _Stay, role: str) -> bool:
        return stay.role in (None, role) or (self.has_silent_heir and role == "owner")


async def examine_log(connection: AsyncConnection) -> Finding:
    """Replay the joinings, leavings and roles of every conversation, one after the other.

    Not in SQL: both databases read JSON, but each in its own words, and neither goes on past a
    payload that is none.
    """
    finding = Finding()
    async for rows in _by_conversation(connection):
        replay = _Replay()
        people = [row for row in rows if row.type is None]
        finding.checked += len(people)
        for event in rows[: len(rows) - len(people)]:
            _take(replay, event, finding)
        _compare(replay, people, rows[0].conversation_id, finding)
    return finding


def _take(replay: _Replay, event: AnyRow, finding: Finding) -> None:
    try:
        replay.take(event)
    except (ValueError, KeyError, TypeError, AttributeError):
        finding.note({"conversation_id": event.conversation_id, "seq": event.seq})


def _compare(
    replay: _Replay, people: list[AnyRow], conversation_id: UUID, finding: Finding
) -> None:
    unlike = {it.user_id for it in people if not replay.expects(it)}
    missing = replay.stays.keys() - {it.user_id for it in people}
    for user_id in sorted(unlike | missing):
        finding.note({"conversation_id": conversation_id, "user_id": user_id})


async def _by_conversation(connection: AsyncConnection) -> AsyncIterator[list[AnyRow]]:
    """The rows of each conversation together: its events in their order, then its people."""
    rows: list[AnyRow] = []
    async for row in await connection.stream(_events_and_people()):
        if rows and rows[0].conversation_id != row.conversation_id:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _events_and_people() -> Executable:
    event, participant = ConversationEvent, ConversationParticipant
    events = select(
        event.conversation_id,
        literal(0).label("kind"),
        event.seq,
        event.type,
        event.payload,
        *(_empty(it) for it in (participant.user_id, participant.joined_seq)),
        *(_empty(it) for it in (participant.left_seq, participant.is_active, participant.role)),
    ).where(event.type.in_(_EVENT_TYPES))
    people = select(
        participant.conversation_id,
        literal(1).label("kind"),
        literal(0).label("seq"),
        cast(null(), Text).label("type"),
        cast(null(), Text).label("payload"),
        participant.user_id,
        participant.joined_seq,
        participant.left_seq,
        participant.is_active,
        participant.role,
    )
    return union_all(events, people).order_by("conversation_id", "kind", "seq")


def _empty(column: Any) -> Any:
    return cast(null(), column.type).label(column.key)
