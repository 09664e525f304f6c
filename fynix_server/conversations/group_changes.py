"""What every change of a group has in common: its lock, its numbers, and telling of it.

Every change waits for the conversation's lock before it looks at anything, so that two at once
(an owner leaving while being asked to add somebody) happen one after the other.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.audit.transaction import act_transaction
from fynix_server.conversations import queries
from fynix_server.conversations.queries import AnyRow
from fynix_server.errors import InvalidInput, NotFound
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, allot_seq, event_frame, record_event
from fynix_server.membership import Membership, active_member_ids, find_heir, load_membership
from fynix_server.permissions import GroupAct, require_group_role
from fynix_server.protocol.conversations import ParticipantRole
from fynix_server.resources import Resources


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The transaction of a change. `actor`: the part that whoever asks for it has in the group.

    `_envelopes`: what it has logged so far, for after the commit.
    """

    connection: AsyncConnection
    actor: Membership
    now: datetime
    _envelopes: list[Envelope] = field(default_factory=list)

    @property
    def conversation_id(self) -> UUID:
        return self.actor.conversation_id

    def require(self, act: GroupAct) -> None:
        """Raises: NotPermitted (the actor's role does not allow it, or the group is frozen)."""
        if act is not GroupAct.LEAVE:
            self.actor.require_unfrozen()
        require_group_role(self.actor.role, act)

    async def allot_seq(self) -> int:
        """The group's next number, for one `log`."""
        return await allot_seq(self.connection, self.conversation_id, self.now)

    async def member_ids(self) -> tuple[UUID, ...]:
        """Who is in the group, as far as this has come."""
        found = await active_member_ids(self.connection, [self.conversation_id])
        return found[self.conversation_id]

    async def former_or_present(self, user_id: UUID) -> AnyRow | None:
        """Somebody who is or was in the group; PARTICIPANT_COLUMNS."""
        viewer_id = self.actor.user_id
        return await queries.find_participant(
            self.connection, viewer_id, self.conversation_id, user_id
        )

    async def participant(self, user_id: UUID) -> AnyRow:
        """Somebody who is in the group; PARTICIPANT_COLUMNS. Raises: NotFound."""
        found = await self.former_or_present(user_id)
        if found is None or not found.is_active:
            raise NotFound("They are not in this group.", code="participant_not_found")
        return found

    async def log(
        self,
        event_type: str,
        seq: int,
        payload: dict[str, Any],
        *,
        joiner_id: UUID | None = None,
        leaver_id: UUID | None = None,
    ) -> None:
        """Store an event under its number. Once all is committed the members learn of it.

        `joiner_id` and `leaver_id`: who is in the group from it on, and up to it; both learn of it.
        """
        actor_id = self.actor.user_id
        event = NewEvent(self.conversation_id, event_type, actor_id, None, payload)
        await record_event(self.connection, event, seq, self.now)
        leavers = () if leaver_id is None else (leaver_id,)
        self._envelopes.append(
            Envelope(
                channel=MESSAGES,
                recipients=(*await self.member_ids(), *leavers),
                frame=event_frame(event_type, self.conversation_id, seq, payload),
                conversation_id=self.conversation_id,
                seq=seq,
                for_opted_in=True,
                joiners=() if joiner_id is None else (joiner_id,),
                leavers=leavers,
            )
        )

    def announce(self, resources: Resources) -> None:
        """Tell of what was logged, in the order of its numbers. Only after the commit."""
        for envelope in self._envelopes:
            resources.event_bus.publish(envelope)

    async def set_role(self, user_id: UUID, role: ParticipantRole) -> None:
        """Give somebody another role, under a number of its own."""
        await queries.change_role(self.connection, self.conversation_id, user_id, role)
        updated_by = str(self.actor.user_id)
        payload = {"user_id": str(user_id), "role": role, "updated_by": updated_by}
        await self.log("participant_updated", await self.allot_seq(), payload)


async def _replace_banned_owner(resources: Resources, conversation_id: UUID) -> None:
    """In a transaction of its own: it stands, even where the change then asked for is refused."""
    async with resources.database.read() as connection:
        if await queries.find_banned_owner(connection, conversation_id) is None:
            return
    async with resources.database.write() as connection:
        await queries.lock_conversation(connection, conversation_id)
        handed_on = await _hand_on_from_banned(connection, conversation_id, resources.clock())
    if handed_on is not None:
        handed_on.announce(resources)


async def _hand_on_from_banned(
    connection: AsyncConnection, conversation_id: UUID, now: datetime
) -> GroupChange | None:
    """As if a banned owner, who can do nothing for the group any more, had transferred it to
    whoever would inherit it. None: its owner is not banned, or nobody there may log in.
    """
    owner_id = await queries.find_banned_owner(connection, conversation_id)
    heir = None if owner_id is None else await find_heir(connection, conversation_id, now)
    if owner_id is None or heir is None or not heir.is_active:
        return None
    owner = await load_membership(connection, conversation_id, owner_id)
    change = GroupChange(connection, owner, now)
    await change.set_role(owner_id, "admin")
    await change.set_role(heir.user_id, "owner")
    return change


@asynccontextmanager
async def group_change(
    resources: Resources, actor_id: UUID, conversation_id: UUID, *, is_dry_run: bool = False
) -> AsyncIterator[GroupChange]:
    """Change a group, then tell of it. `is_dry_run`: all is done, taken back, and told to nobody.

    Of a group whose owner is banned somebody else is the owner first.

    Raises: NotFound (no such conversation), NotPermitted (not in it), InvalidInput (a DM),
    Unavailable.
    """
    now = resources.clock()
    if not is_dry_run:
        await _replace_banned_owner(resources, conversation_id)
    async with act_transaction(resources.database, is_dry_run=is_dry_run) as connection:
        await queries.lock_conversation(connection, conversation_id)
        if is_dry_run:
            await _hand_on_from_banned(connection, conversation_id, now)
        actor = await load_membership(connection, conversation_id, actor_id)
        if not actor.is_group:
            raise InvalidInput("This is a direct conversation, not a group.", code="not_a_group")
        change = GroupChange(connection, actor, now)
        yield change
    if not is_dry_run:
        change.announce(resources)
