"""Promises about rights asked for, read markers and unread counts."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from tests.faults.torture.history import (
    History,
    Listed,
    MarkerMoved,
    MarkerSeen,
    MembershipChange,
    Observation,
    Send,
    UnreadTold,
)
from tests.faults.torture.truth import Truth
from tests.faults.torture.verdict import Verdict

Pair = tuple[UUID, UUID]
"""A conversation and a person."""


def standing_verdicts(history: History, truth: Truth) -> Iterator[Verdict]:
    yield outsiders_are_refused(history, truth)
    yield markers_only_move_forward(history, truth)
    yield unread_is_the_count(history, truth)


def outsiders_are_refused(history: History, truth: Truth) -> Verdict:
    """Who is not in a conversation lists nothing of it; who is, nothing from before they came."""
    verdict = Verdict("who is not in a conversation may not list it")
    absences = _absences(history, truth)
    for listed in history.of(Listed):
        pair = listed.conversation_id, listed.person_id
        if listed.status == 200:
            is_theirs = all(truth.may_see(*pair, seq) for seq in listed.seqs)
            verdict.expect(is_theirs, listed, f"they took part: {truth.spans_of(*pair) or 'never'}")
        for absence in absences.get(pair, ()):
            if absence.covers(listed):
                verdict.expect(listed.status in (403, 404), *absence.evidence, listed)
    return verdict


class _Absence:
    """From one moment to another somebody was certainly not in a conversation."""

    def __init__(self, since: float, until: float, *evidence: Observation | str) -> None:
        self._since = since
        self._until = until
        self.evidence = evidence

    def covers(self, listed: Listed) -> bool:
        return self._since <= listed.began and listed.ended <= self._until


def _absences(history: History, truth: Truth) -> dict[Pair, list[_Absence]]:
    changes: dict[Pair, list[MembershipChange]] = defaultdict(list)
    for change in history.of(MembershipChange):
        changes[change.conversation_id, change.person_id].append(change)
    absences: dict[Pair, list[_Absence]] = defaultdict(list)
    for pair, mine in changes.items():
        for index, change in enumerate(mine):
            if not change.is_added:
                following = mine[index + 1 :]
                until = min((it.began for it in following), default=float("inf"))
                absences[pair].append(_Absence(change.ended, until, change))
    for listed in history.of(Listed):
        pair = listed.conversation_id, listed.person_id
        if pair not in truth.spans and pair not in absences:
            absences[pair].append(_Absence(0, float("inf"), "they never took part"))
    return absences


def markers_only_move_forward(history: History, truth: Truth) -> Verdict:
    """A marker that was told, or set, is a lower bound for whoever asks afterwards.

    Who came back to a group begins anew, and is left out.
    """
    verdict = Verdict("read markers only move forward")
    bounds: dict[Pair, list[tuple[float, int, Observation]]] = defaultdict(list)
    for it in history.observations:
        for pair, message_id in _markers_in(it):
            message = truth.by_id.get(message_id)
            if message is not None and len(truth.spans.get(pair, ())) == 1:
                assert isinstance(it, Send | MarkerMoved | MarkerSeen)
                bounds[pair].append((it.ended, message.seq, it))
    for mine in bounds.values():
        mine.sort(key=lambda bound: bound[0])
    for seen in history.of(MarkerSeen):
        pair = seen.conversation_id, seen.person_id
        known = truth.by_id.get(seen.message_id) if seen.message_id else None
        earlier = [it for it in bounds[pair] if it[0] <= seen.began]
        if earlier:
            highest = max(earlier, key=lambda bound: bound[1])
            verdict.expect((known.seq if known else 0) >= highest[1], highest[2], seen)
    return verdict


def _markers_in(observation: Observation) -> Iterator[tuple[Pair, UUID]]:
    if isinstance(observation, Send) and observation.outcome == "stored":
        # Sending marks everything before as read.
        assert observation.message_id is not None
        yield (observation.conversation_id, observation.sender_id), observation.message_id
    elif isinstance(observation, MarkerMoved | MarkerSeen) and observation.message_id:
        yield (observation.conversation_id, observation.person_id), observation.message_id


def unread_is_the_count(history: History, truth: Truth) -> Verdict:
    verdict = Verdict("unread is the count of what was not read")
    for told in history.of(UnreadTold):
        joined_seq, read_seq = truth.markers[told.conversation_id, told.person_id]
        unread = [
            message.seq
            for message in truth.messages
            if message.conversation_id == told.conversation_id
            and message.seq > read_seq
            and message.seq >= joined_seq
            and message.sender_id != told.person_id
            and not message.is_deleted
        ]
        verdict.expect(
            told.count == len(unread),
            told,
            f"there are {len(unread)}: their marker is at {read_seq}, they joined at {joined_seq}",
        )
    return verdict
