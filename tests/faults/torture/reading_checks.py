"""Promises about what readers see: everything once, in one order, and nothing else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from tests.faults.torture.history import (
    History,
    Observation,
    ReaderStarted,
    Resynced,
    Seen,
)
from tests.faults.torture.truth import StoredEvent, StoredMessage, Truth
from tests.faults.torture.verdict import Verdict


def reading_verdicts(history: History, truth: Truth) -> Iterator[Verdict]:
    once = Verdict("a reader sees each message once, in one order")
    whole = Verdict("a reader sees no hole, and in the end everything")
    for started, observations in _by_reader(history):
        if started.kind == "plain":
            _check_plain(observations, once)
        else:
            _check_complete(started, observations, truth, (once, whole))
    yield once
    yield whole
    yield everybody_sees_the_same(history, truth)
    yield nobody_sees_what_is_not_theirs(history, truth)


def _by_reader(history: History) -> Iterator[tuple[ReaderStarted, list[Observation]]]:
    grouped: dict[str, list[Observation]] = defaultdict(list)
    for observation in history.observations:
        if isinstance(observation, ReaderStarted | Seen | Resynced):
            grouped[observation.reader].append(observation)
    for observations in grouped.values():
        started = observations[0]
        assert isinstance(started, ReaderStarted), "a reader begins by saying from where"
        yield started, observations


def _check_plain(observations: list[Observation], once: Verdict) -> None:
    """Within a line numbers rise; what fell between two lines was never promised."""
    last: dict[tuple[int, UUID], Seen] = {}
    for seen in observations:
        if isinstance(seen, Seen) and seen.type == "new_message":
            before = last.get((seen.line, seen.conversation_id))
            if before is not None:
                once.expect(before.seq < seen.seq, before, seen)
            last[seen.line, seen.conversation_id] = seen


@dataclass
class _Reader:
    """How far one reader has come. `is_all_due`: also of conversations without a cursor."""

    person_id: UUID
    cursors: dict[UUID, int]
    is_all_due: bool
    last: dict[UUID, Observation] = field(default_factory=dict)


def _check_complete(
    started: ReaderStarted,
    observations: list[Observation],
    truth: Truth,
    verdicts: tuple[Verdict, Verdict],
) -> None:
    once, whole = verdicts
    # A bare socket is not told how a conversation began that it did not know when it came back.
    is_all_due = started.kind != "line"
    reader = _Reader(started.person_id, dict(started.cursors), is_all_due)
    for observation in observations[1:]:
        if isinstance(observation, ReaderStarted):
            reader = _Reader(started.person_id, dict(observation.cursors), is_all_due)
        elif isinstance(observation, Resynced):
            conversation_id = observation.conversation_id
            known = reader.cursors.get(conversation_id, 0)
            reader.cursors[conversation_id] = max(known, observation.last_seq)
            reader.last[conversation_id] = observation
        elif isinstance(observation, Seen):
            _advance(reader, observation, truth, (once, whole))
    _check_end(reader, started, truth, whole)


def _advance(reader: _Reader, seen: Seen, truth: Truth, verdicts: tuple[Verdict, Verdict]) -> None:
    once, whole = verdicts
    conversation_id = seen.conversation_id
    before = reader.last.get(conversation_id, "nothing seen of it before")
    cursor = reader.cursors.get(conversation_id, 0 if reader.is_all_due else None)
    if cursor is not None:
        once.expect(seen.seq > cursor, before, seen, f"it stood at {cursor}")
        missing = _missing(reader.person_id, conversation_id, (cursor, seen.seq), truth)
        whole.expect(missing is None, before, seen, f"number {missing} was due between them")
    reader.cursors[conversation_id] = max(seen.seq, cursor or 0)
    reader.last[conversation_id] = seen


def _missing(
    person_id: UUID, conversation_id: UUID, gap: tuple[int, int], truth: Truth
) -> int | None:
    """The first number between the two of `gap` that the person should have been shown.

    Who was removed while away is not told the rest of that time, and goes on where they were
    added again: so only what lies in the same stretch as the later number is due.
    """
    after, seq = gap
    for span in truth.spans_of(conversation_id, person_id):
        if span.covers(seq):
            due = max(span.first, after + 1)
            return due if due < seq else None
    return None  # not theirs at all: another promise


def _check_end(reader: _Reader, started: ReaderStarted, truth: Truth, whole: Verdict) -> None:
    for (conversation_id, person_id), spans in truth.spans.items():
        if person_id != reader.person_id or not spans[-1].is_open:
            continue
        last_seq = truth.last_seq[conversation_id]
        cursor = reader.cursors.get(conversation_id, 0)
        whole.expect(
            cursor >= last_seq,
            started,
            reader.last.get(conversation_id, f"nothing seen of {conversation_id}"),
            f"it ends at {cursor}, the conversation at {last_seq}",
        )


def everybody_sees_the_same(history: History, truth: Truth) -> Verdict:
    """Under a number every reader is shown what the database has there."""
    verdict = Verdict("everybody sees the same thing under a number")
    messages = {(it.conversation_id, it.seq): it for it in truth.messages}
    events = {(it.conversation_id, it.seq): it for it in truth.events}
    for seen in history.of(Seen):
        place = seen.conversation_id, seen.seq
        message, event = messages.get(place), events.get(place)
        is_right = (message is not None and _shows_message(seen, message)) or (
            event is not None and _shows_event(seen, event)
        )
        verdict.expect(is_right, seen, f"the database has {message or event or 'nothing there'}")
    return verdict


def _shows_message(seen: Seen, message: StoredMessage) -> bool:
    if seen.message_id != message.id:
        return False
    if seen.type == "message_deleted":
        return message.is_deleted
    has_text = seen.content == message.content or message.is_edited
    return seen.type == "new_message" and has_text


def _shows_event(seen: Seen, event: StoredEvent) -> bool:
    # An edit of what was deleted since, or came before the reader, shows as a deletion.
    types = {event.type, "message_deleted"} if event.type == "message_updated" else {event.type}
    return seen.type in types and (event.message_id is None or seen.message_id == event.message_id)


def nobody_sees_what_is_not_theirs(history: History, truth: Truth) -> Verdict:
    verdict = Verdict("nobody is shown what they have no right to see")
    people = {it.reader: it.person_id for it in history.of(ReaderStarted)}
    for seen in history.of(Seen):
        is_theirs = truth.may_see(seen.conversation_id, people[seen.reader], seen.seq)
        verdict.expect(is_theirs, seen, _spans_told(truth, seen.conversation_id, people, seen))
    return verdict


def _spans_told(truth: Truth, conversation_id: UUID, people: dict[str, UUID], seen: Seen) -> str:
    spans = truth.spans_of(conversation_id, people[seen.reader])
    return f"the reader took part: {spans or 'never'}"
