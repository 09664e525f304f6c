"""Taking back the names and descriptions that an erased person gave to groups."""

from uuid import UUID

from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_event, event_frame
from fynix_server.membership import active_member_ids
from fynix_server.privacy import emptying_queries, finding_queries
from fynix_server.privacy.emptying import replace_payloads
from fynix_server.privacy.finding_queries import WINDOW_NUMBERS
from fynix_server.privacy.group_texts import NamingEvent, replacement_of, texts_by
from fynix_server.privacy.pacing import Erasing
from fynix_server.privacy.queries import Counts


async def unname_group(erasing: Erasing, conversation_id: UUID) -> None:
    """The present texts first, then the log's, the newest first: whatever interrupts it, looking
    again finds the same ones to be theirs."""
    texts = texts_by(erasing.user_id, await _naming_events(erasing, conversation_id))
    if texts.current:
        await _replace_current(erasing, conversation_id, texts.current)
    await replace_payloads(erasing, conversation_id, texts.rewritten)


async def _naming_events(erasing: Erasing, conversation_id: UUID) -> list[NamingEvent]:
    database = erasing.resources.database
    async with database.read() as connection:
        last_seq = await finding_queries.last_seq_of(connection, conversation_id)
    events: list[NamingEvent] = []
    for after_seq in range(0, last_seq, WINDOW_NUMBERS):
        async with database.read() as connection:
            events += await finding_queries.naming_group(connection, conversation_id, after_seq)
    return events


async def _replace_current(erasing: Erasing, conversation_id: UUID, theirs: dict[str, str]) -> None:
    """Unless somebody has given others meanwhile. The members are told as of any renaming."""
    now = erasing.resources.clock()
    counts: Counts = {}
    envelope = None
    async with erasing.transaction(counts) as connection:
        group = await emptying_queries.lock_conversation(connection, conversation_id)
        now_called = {} if group is None else {it: getattr(group, it) for it in _FIELDS}
        changes = {
            name: replacement_of(name)
            for name, text in theirs.items()
            if now_called.get(name) == text
        }
        if changes:
            await emptying_queries.change_conversation(connection, conversation_id, **changes)
            payload = {**now_called, **changes, "updated_by": str(erasing.user_id)}
            event = NewEvent(
                conversation_id, "conversation_updated", erasing.user_id, None, payload
            )
            seq = await append_event(connection, event, now)
            members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
            frame = event_frame(event.type, conversation_id, seq, payload)
            envelope = Envelope(MESSAGES, members, frame, conversation_id, seq, for_opted_in=True)
            counts["conversations"] = 1
    if envelope is not None:
        erasing.resources.event_bus.publish(envelope)
    await erasing.rest()


_FIELDS = ("name", "description")
