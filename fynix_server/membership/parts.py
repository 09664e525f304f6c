"""Somebody's part in a conversation, and how others see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import NotFound, NotPermitted
from fynix_server.membership.readings import SHOWN_READING
from fynix_server.protocol.conversations import ParticipantResponse
from fynix_server.tables import Conversation, ConversationParticipant, User

_PERSON: tuple[Any, ...] = (
    ConversationParticipant.conversation_id,
    ConversationParticipant.user_id,
    ConversationParticipant.joined_at,
    ConversationParticipant.is_active,
    ConversationParticipant.role,
    ConversationParticipant.joined_seq,
    User.username,
    User.display_name,
    User.avatar_url,
)
PARTICIPANT_COLUMNS: tuple[Any, ...] = (*_PERSON, *SHOWN_READING)
"""What `participant_response` needs, as `viewer_id` sees it; join User to ConversationParticipant
to select them."""
UNREAD_PARTICIPANT_COLUMNS: tuple[Any, ...] = (
    *_PERSON,
    null().label("last_read_message_id"),
)
"""The same of people who have read nothing yet, whoever looks."""


_MEMBERSHIP = (
    select(
        Conversation.is_group,
        ConversationParticipant.role,
        ConversationParticipant.joined_seq,
        ConversationParticipant.last_read_seq,
        Conversation.last_seq,
        Conversation.members_version,
        Conversation.frozen_at,
    )
    .outerjoin(
        ConversationParticipant,
        and_(
            ConversationParticipant.conversation_id == Conversation.id,
            ConversationParticipant.user_id == bindparam("user_id"),
            ConversationParticipant.is_active,
        ),
    )
    .where(Conversation.id == bindparam("conversation_id"))
)


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's active part in a conversation, and where that conversation stands."""

    conversation_id: UUID
    user_id: UUID
    is_group: bool
    role: str
    joined_seq: int
    last_read_seq: int
    last_seq: int
    members_version: int
    frozen_at: datetime | None

    def require_unfrozen(self) -> None:
        """Raises: NotPermitted (moderators have frozen the conversation)."""
        if self.frozen_at is not None:
            raise NotPermitted(
                "Moderators have frozen this conversation.", code="conversation_frozen"
            )


async def load_membership(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID
) -> Membership:
    """The part that `user_id` has in it. One query, by two primary keys.

    Raises: NotFound (no such conversation), NotPermitted (never in it, or gone from it).
    """
    theirs = {"conversation_id": conversation_id, "user_id": user_id}
    row = (await connection.execute(_MEMBERSHIP, theirs)).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    if row.role is None:
        raise NotPermitted("You are not in this conversation.", code="not_a_participant")
    return Membership(conversation_id, user_id, *row)


def participant_response(row: Row[*tuple[Any, ...]]) -> ParticipantResponse:
    """A row of PARTICIPANT_COLUMNS. Not validated: the database holds to it."""
    return ParticipantResponse.model_construct(
        user_id=row.user_id,
        username=row.username,
        display_name=row.display_name,
        avatar_url=row.avatar_url,
        joined_at=row.joined_at,
        is_active=row.is_active,
        role=row.role,
        last_read_message_id=row.last_read_message_id,
    )
