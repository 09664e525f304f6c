"""Taking messages out of conversations, so that all who look at them see it at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_events, event_frame
from fynix_server.membership import active_member_ids
from fynix_server.moderation.content import queries


class Deletable(Protocol):
    """What is to be known of a message to delete it."""

    @property
    def id(self) -> UUID: ...
    @property
    def conversation_id(self) -> UUID: ...
    @property
    def hidden_because(self) -> str | None: ...


async def delete_messages(
    connection: AsyncConnection, messages: Sequence[Deletable], deleted_by: UUID, now: datetime
) -> list[Envelope]:
    """Hide them from everybody; what to publish after the commit: a tombstone for each.

    Those do not say who did it: neither who was reported nor who has reported is to know which
    moderator decided. None of them is deleted yet, and their conversations are locked.
    """
    await queries.mark_deleted(connection, [it.id for it in messages], deleted_by, now)
    # What only its sender saw was never counted.
    counted = Counter(it.conversation_id for it in messages if it.hidden_because is None)
    await queries.count_more(connection, {id_: -count for id_, count in counted.items()})
    events = [
        NewEvent(
            it.conversation_id,
            "message_deleted",
            deleted_by,
            it.id,
            {"message_id": str(it.id), "deleted_by": None},
        )
        for it in messages
    ]
    seqs = await append_events(connection, events, now)
    members = await active_member_ids(connection, {it.conversation_id for it in messages})
    return [
        Envelope(
            MESSAGES,
            members[event.conversation_id],
            event_frame(event.type, event.conversation_id, seq, event.payload),
            event.conversation_id,
            seq,
            for_opted_in=True,
        )
        for event, seq in zip(events, seqs, strict=True)
    ]
