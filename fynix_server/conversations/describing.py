"""A conversation as one of its participants sees it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.conversations import queries
from fynix_server.conversations.queries import AnyRow
from fynix_server.membership import participant_response
from fynix_server.policy import Horizon
from fynix_server.protocol.conversations import (
    ConversationResponse,
)
from fynix_server.read_state import ReadMarker, message_response, unread_counts


async def describe_conversation(
    connection: AsyncConnection, viewer_id: UUID, conversation_id: UUID, horizon: Horizon
) -> ConversationResponse:
    """One that is known to be the viewer's."""
    row = await queries.find_conversation(connection, conversation_id)
    (conversation,) = await describe(connection, viewer_id, [row], horizon)
    return conversation


async def describe(
    connection: AsyncConnection, viewer_id: UUID, rows: Sequence[AnyRow], horizon: Horizon
) -> list[ConversationResponse]:
    """Conversations with people, last message and unread count: three queries for all of them."""
    ids = [row.id for row in rows]
    people: dict[UUID, list[AnyRow]] = defaultdict(list)
    for person in await queries.active_participants(connection, viewer_id, ids):
        people[person.conversation_id].append(person)
    last_messages = await queries.last_messages(connection, viewer_id, ids)
    blocked = frozenset(it.sender_id for it in last_messages.values() if it.is_from_blocked)
    unread = await unread_counts(connection, viewer_id, ids, horizon)
    viewer = _Viewer(viewer_id, blocked)
    described = [_response(row, people[row.id], last_messages.get(row.id), viewer) for row in rows]
    return [
        it.model_copy(update={"unread_count": unread.get(it.id, 0), **_expired(it, horizon)})
        for it in described
    ]


def _expired(conversation: ConversationResponse, horizon: Horizon) -> dict[str, Any]:
    """What of its newest message is shown no more: where that has expired, all of them have."""
    last = conversation.last_message
    sent_at = {
        "last_message": None if last is None else last.created_at,
        "last_message_at": conversation.last_message_at,
    }
    return {
        name: None
        for name, moment in sent_at.items()
        if moment is not None and horizon.hides(conversation.id, moment)
    }


class _Viewer(NamedTuple):
    """Who looks, and whom they have blocked."""

    user_id: UUID
    blocked: frozenset[UUID]


def _response(
    row: AnyRow, people: Sequence[AnyRow], last_message: AnyRow | None, viewer: _Viewer
) -> ConversationResponse:
    markers = [ReadMarker(it.user_id, it.last_read_seq, it.joined_seq) for it in people]
    # Rows of our own database, on the path that clients poll: nothing is left to validate.
    return ConversationResponse.model_construct(
        id=row.id,
        is_group=row.is_group,
        name=row.name,
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_message_at=_last_message_at(row, last_message),
        last_seq=row.last_seq,
        is_frozen=row.frozen_at is not None,
        participants=[participant_response(it) for it in people],
        last_message=(
            message_response(last_message, viewer.user_id, markers, viewer.blocked)
            if last_message
            else None
        ),
        unread_count=0,
    )


def _last_message_at(row: AnyRow, last_message: AnyRow | None) -> datetime | None:
    """What only the viewer sees of their own does not move that of the conversation."""
    shown_at: datetime | None = row.last_message_at
    if last_message is None or last_message.hidden_because is None:
        return shown_at
    hidden_at: datetime = last_message.created_at
    return hidden_at if shown_at is None else max(shown_at, hidden_at)
