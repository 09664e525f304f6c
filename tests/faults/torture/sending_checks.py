"""Promises about what was sent: stored exactly once, in order, and nothing that was refused."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from tests.faults.torture.history import History, Send
from tests.faults.torture.truth import StoredMessage, Truth
from tests.faults.torture.verdict import Verdict


def sending_verdicts(history: History, truth: Truth) -> Iterator[Verdict]:
    yield acknowledged_is_stored(history, truth)
    yield nothing_is_stored_twice(history, truth)
    yield refused_is_not_stored(history, truth)
    yield numbers_have_no_holes(truth)
    yield order_is_the_order_of_sending(history)
    yield authors_take_part(truth)


def acknowledged_is_stored(history: History, truth: Truth) -> Verdict:
    verdict = Verdict("an acknowledged message is stored as acknowledged")
    for send in history.of(Send):
        if send.outcome == "stored":
            row = truth.by_id.get(send.message_id)
            shown = _shown(row) if row else "the database has no such message"
            verdict.expect(row is not None and _is_of(row, send), send, shown)
    return verdict


def _is_of(row: StoredMessage, send: Send) -> bool:
    is_same_text = row.content == send.content or (
        row.is_edited and unique_word(row.content) == unique_word(send.content)
    )
    place = (row.conversation_id, row.seq, row.sender_id, row.key)
    return is_same_text and place == (
        send.conversation_id,
        send.seq,
        send.sender_id,
        send.key,
    )


def nothing_is_stored_twice(history: History, truth: Truth) -> Verdict:
    """Neither one text twice, nor two messages for one key."""
    verdict = Verdict("a message is stored once, however often it was sent")
    rows: dict[str, list[StoredMessage]] = defaultdict(list)
    for row in truth.messages:
        rows[unique_word(row.content)].append(row)
    for same in rows.values():
        verdict.expect(len(same) == 1, *(_shown(row) for row in same))
    first_by_key: dict[tuple[UUID, UUID, str], Send] = {}
    for send in history.of(Send):
        if send.outcome == "stored" and send.key is not None:
            key = (send.sender_id, send.conversation_id, send.key)
            first = first_by_key.setdefault(key, send)
            verdict.expect(first.message_id == send.message_id, first, send)
    return verdict


def refused_is_not_stored(history: History, truth: Truth) -> Verdict:
    """A refusal counts where it answered the only try: an earlier one may have been stored."""
    verdict = Verdict("a refused message is not stored")
    rows = {unique_word(row.content): row for row in truth.messages}
    tries = Counter(unique_word(it.content) for it in history.of(Send))
    for send in history.of(Send):
        word = unique_word(send.content)
        if send.outcome == "refused" and tries[word] == 1:
            row = rows.get(word)
            verdict.expect(row is None, send, _shown(row) if row else "")
    return verdict


def numbers_have_no_holes(truth: Truth) -> Verdict:
    """Messages and events of a conversation are numbered 1 to `last_seq`, each number once."""
    verdict = Verdict("the numbers of a conversation have no hole and no double")
    counts: dict[UUID, Counter[int]] = defaultdict(Counter)
    for message in truth.messages:
        counts[message.conversation_id][message.seq] += 1
    for event in truth.events:
        counts[event.conversation_id][event.seq] += 1
    for conversation_id, last_seq in truth.last_seq.items():
        mine = counts[conversation_id]
        for seq in range(1, max(last_seq, max(mine, default=0)) + 1):
            shown = f"conversation {conversation_id}: {mine[seq]} rows have number {seq}"
            verdict.expect(
                mine[seq] == 1 and seq <= last_seq,
                f"{shown}, its counter stands at {last_seq}",
            )
    return verdict


def order_is_the_order_of_sending(history: History) -> Verdict:
    """Who began to send after another's acknowledgement comes later; so does what follows on
    one socket, whether or not the first was acknowledged by then."""
    verdict = Verdict("messages stand in the order in which they were sent")
    by_conversation: dict[UUID, list[Send]] = defaultdict(list)
    for send in _first_tries(history):
        by_conversation[send.conversation_id].append(send)
    for sends in by_conversation.values():
        for earlier, later in _ordered_pairs(sends):
            verdict.expect((earlier.seq or 0) < (later.seq or 0), earlier, later)
    return verdict


def _ordered_pairs(sends: list[Send]) -> Iterator[tuple[Send, Send]]:
    """For each send the latest-numbered one that was acknowledged before it began, and its
    predecessor on the same socket."""
    open_ones: list[tuple[float, int, Send]] = []
    latest: Send | None = None
    last_of_line: dict[tuple[str, UUID], Send] = {}
    for number, send in enumerate(sorted(sends, key=lambda it: it.began)):
        while open_ones and open_ones[0][0] <= send.began:
            ended = heapq.heappop(open_ones)[2]
            if latest is None or (ended.seq or 0) > (latest.seq or 0):
                latest = ended
        if latest is not None:
            yield latest, send
        if send.line is not None:
            before = last_of_line.get((send.line, send.sender_id))
            if before is not None:
                yield before, send
            last_of_line[send.line, send.sender_id] = send
        heapq.heappush(open_ones, (send.ended, number, send))


def _first_tries(history: History) -> list[Send]:
    """What was stored, each message once: begun at its first try, whatever became of that, and
    acknowledged at the first acknowledgement."""
    began: dict[str, float] = {}
    acknowledged: dict[str, Send] = {}
    for send in history.of(Send):
        word = unique_word(send.content)
        began[word] = min(send.began, began.get(word, send.began))
        if send.outcome == "stored":
            acknowledged.setdefault(word, send)
    return [replace(send, began=began[word]) for word, send in acknowledged.items()]


def authors_take_part(truth: Truth) -> Verdict:
    """Whoever sent or did something was in the conversation at that number."""
    verdict = Verdict("only participants write and act")
    for row in truth.messages:
        is_theirs = truth.may_see(row.conversation_id, row.sender_id, row.seq)
        verdict.expect(is_theirs, _shown(row), "its sender did not take part")
    for event in truth.events:
        if event.actor_id is not None:
            is_theirs = truth.may_see(event.conversation_id, event.actor_id, event.seq)
            verdict.expect(is_theirs, str(event), "its actor did not take part")
    return verdict


def unique_word(content: str) -> str:
    """The word by which a message is known, edited or not."""
    return content.split(" ", 1)[0]


def _shown(row: StoredMessage) -> str:
    return f"stored: {row}"
