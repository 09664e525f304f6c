"""Taking an erased person out of a conversation, so that nothing of theirs comes in any more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_event, event_frame
from fynix_server.membership import active_member_ids, find_heir
from fynix_server.privacy import emptying_queries
from fynix_server.privacy.pacing import Erasing
from fynix_server.privacy.queries import Counts


async def withdraw(erasing: Erasing, conversation_id: UUID) -> None:
    """Have them leave a group, which passes on as when its owner leaves; or freeze the two's.

    Both under the lock that sending takes, so what is found afterwards is all there will be.
    """
    now = erasing.resources.clock()
    counts: Counts = {}
    envelopes = []
    async with erasing.transaction(counts) as connection:
        conversation = await emptying_queries.lock_conversation(connection, conversation_id)
        part = await emptying_queries.find_part(connection, conversation_id, erasing.user_id)
        if conversation is not None and part is not None:
            if not conversation.is_group:
                await _freeze(connection, conversation_id, conversation.frozen_at, now)
            elif part.is_active:
                is_owner = part.role == "owner"
                envelopes.append(await _leave(connection, conversation_id, erasing.user_id, now))
                counts["conversation_participants"] = 1
                if is_owner:
                    envelopes += await _pass_on(connection, conversation_id, erasing.user_id, now)
        await erasing.note_place(connection)
    for envelope in envelopes:
        erasing.resources.event_bus.publish(envelope)
    await erasing.rest()


async def _freeze(
    connection: AsyncConnection, conversation_id: UUID, frozen_at: datetime | None, now: datetime
) -> None:
    """The other keeps it to read; nobody will ever read what they would write there."""
    if frozen_at is None:
        await emptying_queries.change_conversation(connection, conversation_id, frozen_at=now)
        await emptying_queries.move_members_version(connection, conversation_id)


async def _leave(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, now: datetime
) -> Envelope:
    payload = {"user_id": str(user_id), "removed_by": str(user_id)}
    event = NewEvent(conversation_id, "participant_removed", user_id, None, payload)
    seq = await append_event(connection, event, now)
    await emptying_queries.change_part(
        connection,
        conversation_id,
        user_id,
        is_active=False,
        left_seq=seq,
        left_at=now,
        muted_until=None,
    )
    await emptying_queries.move_members_version(connection, conversation_id)
    members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
    return Envelope(
        channel=MESSAGES,
        recipients=(*members, user_id),
        frame=event_frame(event.type, conversation_id, seq, payload),
        conversation_id=conversation_id,
        seq=seq,
        for_opted_in=True,
        leavers=(user_id,),
    )


async def _pass_on(
    connection: AsyncConnection, conversation_id: UUID, owner_id: UUID, now: datetime
) -> list[Envelope]:
    heir = await find_heir(connection, conversation_id, now)
    if heir is None:
        return []
    await emptying_queries.change_part(connection, conversation_id, heir.user_id, role="owner")
    payload = {"user_id": str(heir.user_id), "role": "owner", "updated_by": str(owner_id)}
    event = NewEvent(conversation_id, "participant_updated", owner_id, None, payload)
    seq = await append_event(connection, event, now)
    members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
    frame = event_frame(event.type, conversation_id, seq, payload)
    return [Envelope(MESSAGES, members, frame, conversation_id, seq, for_opted_in=True)]
