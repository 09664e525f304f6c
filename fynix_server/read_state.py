"""Who has read what. Derived from the read markers each time, so that nothing can drift."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.membership import SHOWN_READING
from fynix_server.policy.retention import Horizon
from fynix_server.policy.retention_queries import shown_of_each
from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import ConversationParticipant, Message, User

MAX_READ_BY = 100

MESSAGE_COLUMNS: tuple[Any, ...] = (
    Message.id,
    Message.conversation_id,
    Message.seq,
    Message.sender_id,
    User.username.label("sender_username"),
    Message.content,
    Message.content_type,
    Message.is_deleted,
    Message.created_at,
    Message.edited_at,
    Message.client_message_id,
    Message.hidden_because,
)
"""What `message_response` needs; join User on Message.sender_id to select them."""


_UNREAD_COUNTS = (
    select(ConversationParticipant.conversation_id, func.count())
    .join(Message, Message.conversation_id == ConversationParticipant.conversation_id)
    .where(
        ConversationParticipant.user_id == bindparam("user_id"),
        ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
        Message.seq > ConversationParticipant.last_read_seq,
        Message.seq >= ConversationParticipant.joined_seq,
        Message.sender_id != bindparam("user_id"),
        Message.is_deleted.is_(False),
        Message.hidden_because.is_(None),
    )
    .group_by(ConversationParticipant.conversation_id)
)
_READ_MARKERS = select(
    ConversationParticipant.conversation_id,
    ConversationParticipant.user_id,
    ConversationParticipant.joined_seq,
    *SHOWN_READING,
).where(
    ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
    ConversationParticipant.is_active,
)


class ReadMarker(NamedTuple):
    """A participant has read everything from `joined_seq` up to `last_read_seq`."""

    user_id: UUID
    last_read_seq: int
    joined_seq: int


async def unread_counts(
    connection: AsyncConnection,
    user_id: UUID,
    conversation_ids: Collection[UUID],
    horizon: Horizon,
) -> dict[UUID, int]:
    """Messages by others that are shown, past the person's marker. Left out where there are none.

    One query. Indexes: pk_conversation_participants, uq_messages_conversation_id_seq.
    """
    theirs = {"user_id": user_id, "ids": list(conversation_ids)}
    query = _UNREAD_COUNTS.where(*shown_of_each(horizon, conversation_ids))
    rows = await connection.execute(query, theirs)
    return {conversation_id: count for conversation_id, count in rows}


async def read_markers(
    connection: AsyncConnection, viewer_id: UUID, conversation_ids: Collection[UUID]
) -> dict[UUID, list[ReadMarker]]:
    """The markers of those who take part now, as `viewer_id` sees them, by conversation: blocks
    end receipts, either way. One query.

    Indexes: pk_conversation_participants; where the viewer has blocks pk_blocks,
    idx_blocks_blocked, pk_severed_readings.
    """
    markers: dict[UUID, list[ReadMarker]] = defaultdict(list)
    theirs = {"viewer_id": viewer_id, "ids": list(conversation_ids)}
    for row in await connection.execute(_READ_MARKERS, theirs):
        marker = ReadMarker(row.user_id, row.last_read_seq, row.joined_seq)
        markers[row.conversation_id].append(marker)
    return markers


def message_response(
    row: Row[*tuple[Any, ...]],
    viewer_id: UUID | None,
    markers: Collection[ReadMarker],
    blocked: Collection[UUID] = (),
) -> MessageResponse:
    """A row of MESSAGE_COLUMNS as `viewer_id` sees it; None: as its sender does.

    `blocked`: people whom the viewer has blocked. Without markers it is as it was when sent: read
    by nobody. Not validated: the database holds to it.
    """
    readers = sorted(
        marker.user_id
        for marker in markers
        if marker.joined_seq <= row.seq <= marker.last_read_seq and marker.user_id != row.sender_id
    )
    is_own = viewer_id is None or viewer_id == row.sender_id
    return MessageResponse.model_construct(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        sender_id=row.sender_id,
        sender_username=row.sender_username,
        content=row.content,
        content_type=row.content_type,
        created_at=row.created_at,
        edited_at=row.edited_at,
        client_message_id=row.client_message_id,
        is_read=bool(readers) if is_own else viewer_id in readers,
        read_by=readers[:MAX_READ_BY],
        is_held=row.hidden_because == "held",
        is_from_blocked=row.sender_id in blocked,
    )
