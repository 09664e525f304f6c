"""Who is in a conversation, what stands between them, and a cache of both."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from fynix_server.tables import Block, Conversation, ConversationParticipant

NOBODY: frozenset[UUID] = frozenset()

_ACTIVE_MEMBERS = (
    select(ConversationParticipant.conversation_id, ConversationParticipant.user_id)
    .where(
        ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
        ConversationParticipant.is_active,
    )
    .order_by(ConversationParticipant.conversation_id, ConversationParticipant.user_id)
)
_ROOMS = (
    select(
        ConversationParticipant.conversation_id,
        ConversationParticipant.user_id,
        Conversation.is_group,
        Conversation.frozen_at.is_not(None),
    )
    .join(Conversation, Conversation.id == ConversationParticipant.conversation_id)
    .where(
        ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
        ConversationParticipant.is_active,
    )
)
_blocked = aliased(ConversationParticipant)
_BLOCKS = (
    select(ConversationParticipant.conversation_id, Block.blocker_id, Block.blocked_id)
    .join(Block, Block.blocker_id == ConversationParticipant.user_id)
    .join(
        _blocked,
        and_(
            _blocked.conversation_id == ConversationParticipant.conversation_id,
            _blocked.user_id == Block.blocked_id,
        ),
    )
    .where(
        ConversationParticipant.conversation_id.in_(bindparam("ids", expanding=True)),
        ConversationParticipant.is_active,
        _blocked.is_active,
    )
)


@dataclass(slots=True)
class Members:
    """The members of a conversation as of one `members_version`, and what may keep them from
    writing there. `blockers`: by the one who is blocked, who of the members has blocked them."""

    ids: frozenset[UUID]
    is_group: bool = True
    is_frozen: bool = False
    blockers: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)

    def blockers_of(self, user_id: UUID) -> frozenset[UUID]:
        return self.blockers.get(user_id, NOBODY) if self.blockers else NOBODY

    def others_than(self, user_id: UUID) -> tuple[UUID, ...]:
        """Those who learn what `user_id` does: without those whom a block stands between."""
        if not self.blockers:
            return tuple(it for it in self.ids if it != user_id)
        severed = self.severed_from(user_id)
        return tuple(it for it in self.ids if it != user_id and it not in severed)

    def severed_from(self, user_id: UUID) -> frozenset[UUID]:
        """Members whom they have blocked, or who have blocked them."""
        if not self.blockers:
            return NOBODY
        blocked = {it for it, by in self.blockers.items() if user_id in by}
        return self.blockers_of(user_id) | blocked


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


def load_members_now(
    connection: Connection, conversation_ids: Collection[UUID]
) -> dict[UUID, Members]:
    """What the send path must know of each; without members where there is no such conversation.

    Two queries. For whoever is in `run_sync`. Indexes: pk_conversation_participants, pk_blocks.
    """
    wanted = {"ids": list(conversation_ids)}
    people: dict[UUID, list[UUID]] = {it: [] for it in conversation_ids}
    found: dict[UUID, Members] = {}
    for conversation_id, user_id, is_group, is_frozen in connection.execute(_ROOMS, wanted):
        people[conversation_id].append(user_id)
        found[conversation_id] = Members(NOBODY, is_group, is_frozen)
    blockers: dict[UUID, dict[UUID, frozenset[UUID]]] = {}
    for conversation_id, blocker_id, blocked_id in connection.execute(_BLOCKS, wanted):
        here = blockers.setdefault(conversation_id, {})
        here[blocked_id] = here.get(blocked_id, NOBODY) | {blocker_id}
    for conversation_id, members in found.items():
        members.ids = frozenset(people[conversation_id])
        members.blockers = blockers.get(conversation_id, {})
    return {it: found.get(it, Members(NOBODY)) for it in conversation_ids}


async def load_members(connection: AsyncConnection, conversation_id: UUID) -> Members:
    """`load_members_now` of one conversation."""
    return (await connection.run_sync(load_members_now, [conversation_id]))[conversation_id]


class MembersCache:
    """The members of the conversations used last, each for one `members_version`.

    It cannot serve somebody who has left: the version moves in the transaction that changes
    the members, and callers ask with the version that their own transaction has just read.
    For the same reason nothing may be put in by a transaction that moved the version itself:
    were it rolled back, the next one would reuse the number for other people.
    """

    def __init__(self, max_entries: int = 10_000) -> None:
        self._entries: OrderedDict[UUID, tuple[int, Members]] = OrderedDict()
        self._max_entries = max_entries

    def get(self, conversation_id: UUID, version: int) -> Members | None:
        """The members as of `version`; None where that is not known."""
        entry = self._entries.get(conversation_id)
        if entry is None or entry[0] != version:
            return None
        self._entries.move_to_end(conversation_id)
        return entry[1]

    def put(self, conversation_id: UUID, version: int, members: Members) -> None:
        """Remember `members`; past `max_entries` the conversation unused for longest goes."""
        self._entries[conversation_id] = (version, members)
        self._entries.move_to_end(conversation_id)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
