"""Emptying what an erased person wrote in a conversation, and taking their names out of its log."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import event_frame
from fynix_server.event_log.frames import encode_payload
from fynix_server.membership import active_member_ids
from fynix_server.privacy import emptying_queries, finding_queries
from fynix_server.privacy.finding_queries import WINDOW_NUMBERS
from fynix_server.privacy.pacing import Erasing
from fynix_server.privacy.queries import Counts
from fynix_server.privacy.tombstones import without_person
from fynix_server.tables import AnyRow

T = TypeVar("T")
ROWS_AT_ONCE = 200


async def empty_conversation(erasing: Erasing, conversation_id: UUID, after_seq: int) -> None:
    """All that is theirs past `after_seq`, window by window, up to where it stands now."""
    async with erasing.resources.database.read() as connection:
        last_seq = await finding_queries.last_seq_of(connection, conversation_id)
    while after_seq < last_seq:
        await _empty_window(erasing, conversation_id, after_seq)
        after_seq += WINDOW_NUMBERS
        erasing.at = (conversation_id, min(after_seq, last_seq))
        erasing.check_time()


async def _empty_window(erasing: Erasing, conversation_id: UUID, after_seq: int) -> None:
    where = (conversation_id, erasing.user_id, after_seq)
    async with erasing.resources.database.read() as connection:
        written = await finding_queries.written_in(connection, *where)
        read = await finding_queries.receipts_in(connection, *where)
        naming = await finding_queries.naming_people(connection, conversation_id, after_seq)
    while written:
        some = written[: erasing.messages_at_once]
        del written[: len(some)]
        await _empty_messages(erasing, conversation_id, some)
    for of_read in _in_groups(read, ROWS_AT_ONCE):
        counts: Counts = {}
        async with erasing.transaction(counts) as connection:
            counts["message_receipts"] = await emptying_queries.remove_receipts(
                connection, erasing.user_id, of_read
            )
        await erasing.rest()
        erasing.check_time()
    cleaned = [
        (row.seq, payload)
        for row in naming
        if (payload := without_person(row.type, row.payload, erasing.user_id, erasing.username))
    ]
    await replace_payloads(erasing, conversation_id, cleaned)


async def replace_payloads(
    erasing: Erasing, conversation_id: UUID, payloads: Sequence[tuple[int, str]]
) -> None:
    """Have events say something else, by number, in the order given."""
    for some in _in_groups(payloads, ROWS_AT_ONCE):
        counts: Counts = {}
        async with erasing.transaction(counts) as connection:
            await emptying_queries.lock_conversation(connection, conversation_id)
            numbers = [seq for seq, _ in some]
            stored = await finding_queries.payloads_of(connection, conversation_id, numbers)
            changed = [(seq, payload) for seq, payload in some if stored.get(seq) != payload]
            if changed:
                await emptying_queries.change_payloads(connection, conversation_id, changed)
            counts["conversation_events"] = len(changed)
        await erasing.rest()
        erasing.check_time()


async def _empty_messages(
    erasing: Erasing, conversation_id: UUID, message_ids: Sequence[UUID]
) -> None:
    """Empty them; whoever has them on a screen is told that they were deleted."""
    now = erasing.resources.clock()
    counts: Counts = {}
    async with erasing.transaction(counts) as connection:
        await emptying_queries.lock_conversation(connection, conversation_id)
        # Once more: somebody may have deleted one meanwhile, or erased them beside us.
        states = await finding_queries.still_written(connection, message_ids)
        await emptying_queries.empty_messages(connection, [row.id for row in states], now)
        counts["messages"] = len(states)
        events = await _delete(connection, erasing.user_id, conversation_id, states, now)
        members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
    for seq, payload in events:
        frame = event_frame("message_deleted", conversation_id, seq, payload)
        erasing.resources.event_bus.publish(
            Envelope(MESSAGES, members, frame, conversation_id, seq, for_opted_in=True)
        )
    erasing.adapt()
    await erasing.rest()
    erasing.check_time()


async def _delete(
    connection: AsyncConnection,
    user_id: UUID,
    conversation_id: UUID,
    states: Sequence[AnyRow],
    now: datetime,
) -> list[tuple[int, dict[str, Any]]]:
    """An event for each that was not deleted, under the next numbers; these and what they say."""
    there = [row for row in states if not row.is_deleted]
    if not there:
        return []
    message_ids = [row.id for row in there]
    counted = sum(1 for row in there if row.hidden_because is None)
    first = await emptying_queries.allot_numbers(
        connection, conversation_id, len(message_ids), counted, now
    )
    events = [
        (seq, {"message_id": str(message_id), "deleted_by": str(user_id)})
        for seq, message_id in enumerate(message_ids, first)
    ]
    rows = [
        {
            "conversation_id": conversation_id,
            "seq": seq,
            "type": "message_deleted",
            "actor_id": user_id,
            "message_id": message_id,
            "payload": encode_payload(payload),
            "created_at": now,
        }
        for (seq, payload), message_id in zip(events, message_ids, strict=True)
    ]
    await emptying_queries.insert_events(connection, rows)
    return events


def _in_groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
