"""Who takes part in a conversation: the queries that every feature shares, and their cache."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import NotFound, NotPermitted
from fynix_server.protocol.conversations import ParticipantResponse
from fynix_server.tables import Conversation, ConversationParticipant, User

PARTICIPANT_COLUMNS: tuple[Any, ...] = (
    ConversationParticipant.conversation_id,
    ConversationParticipant.user_id,
    ConversationParticipant.joined_at,
    ConversationParticipant.is_active,
    ConversationParticipant.role,
    ConversationParticipant.last_read_message_id,
    ConversationParticipant.last_read_seq,
    ConversationParticipant.joined_seq,
    User.username,
    User.display_name,
    User.avatar_url,
)
"""What `participant_response` needs; join User to ConversationParticipant to select them."""


_MEMBERSHIP = (
    select(
        Conversation.is_group,
        ConversationParticipant.role,
        ConversationParticipant.joined_seq,
        ConversationParticipant.last_read_seq,
        Conversation.last_seq,
        Conversation.members_version,
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
_ACTIVE_MEMBERS = (
    select(ConversationParticipant.conversation_id, ConversationParticipant.user_id)
    .where(
        ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
        ConversationParticipant.is_active,
    )
    .order_by(ConversationParticipant.conversation_id, ConversationParticipant.user_id)
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


async def active_member_ids(
    connection: AsyncConnection, conversation_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """Who is in each of them now, by id of person; nobody where there is no such conversation.

    One query. Index: pk_conversation_participants.
    """
    return await connection.run_sync(active_member_ids_now, conversation_ids)


def active_member_ids_now(
    connection: Connection, conversation_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """`active_member_ids`, for whoever is in `run_sync` already."""
    members: dict[UUID, list[UUID]] = {it: [] for it in conversation_ids}
    rows = connection.execute(_ACTIVE_MEMBERS, {"ids": list(members)})
    for conversation_id, user_id in rows:
        members[conversation_id].append(user_id)
    return {conversation_id: tuple(ids) for conversation_id, ids in members.items()}


def participant_response(row: Row[*tuple[Any, ...]]) -> ParticipantResponse:
    """A row of PARTICIPANT_COLUMNS as others see it. Not validated: the database holds to it."""
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


class MembersCache:
    """The members of the conversations used last, each for one `members_version`.

    It cannot serve somebody who has left: the version moves in the transaction that changes
    the members, and callers ask with the version that their own transaction has just read.
    For the same reason nothing may be put in by a transaction that moved the version itself:
    were it rolled back, the next one would reuse the number for other people.
    """

    def __init__(self, max_entries: int = 10_000) -> None:
        self._entries: OrderedDict[UUID, tuple[int, frozenset[UUID]]] = OrderedDict()
        self._max_entries = max_entries

    def get(self, conversation_id: UUID, version: int) -> frozenset[UUID] | None:
        """The members as of `version`; None where that is not known."""
        entry = self._entries.get(conversation_id)
        if entry is None or entry[0] != version:
            return None
        self._entries.move_to_end(conversation_id)
        return entry[1]

    def put(self, conversation_id: UUID, version: int, members: frozenset[UUID]) -> None:
        """Remember `members`; past `max_entries` the conversation unused for longest goes."""
        self._entries[conversation_id] = (version, members)
        self._entries.move_to_end(conversation_id)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
