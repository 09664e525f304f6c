"""Who gets a group when its owner has gone."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import ConversationParticipant, User, is_active_at


class Heir(NamedTuple):
    """`is_active`: whether the server lets them in."""

    user_id: UUID
    is_active: bool


async def find_heir(
    connection: AsyncConnection, conversation_id: UUID, now: datetime
) -> Heir | None:
    """Who inherits a group: the admin there longest, else the member; None: nobody is left.

    Whoever is shut out of the server comes after all others. Of those who came with the same
    number, the account made first. Indexes: pk_conversation_participants, pk_users.
    """
    participant = ConversationParticipant
    is_active = is_active_at(now)
    query = (
        select(participant.user_id, is_active)
        .join(User, User.id == participant.user_id)
        .where(participant.conversation_id == conversation_id, participant.is_active)
        .order_by(
            case((is_active, 0), else_=1),
            case((participant.role == "admin", 0), else_=1),
            participant.joined_seq,
            participant.user_id,
        )
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Heir(*row)
