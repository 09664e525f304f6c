"""Changing a group: its name, its description, who is in it."""

from dataclasses import dataclass
from uuid import UUID

from fynix_server.conversations import queries
from fynix_server.conversations.describing import describe_conversation
from fynix_server.conversations.group_changes import GroupChange, group_change
from fynix_server.conversations.group_roles import pass_on_ownership
from fynix_server.conversations.service import participant_row, require_willing
from fynix_server.errors import Conflict, NotFound
from fynix_server.membership import lock_people, participant_response
from fynix_server.permissions import REMOVING, GroupAct
from fynix_server.policy import require_voice
from fynix_server.protocol.conversations import (
    MAX_GROUP_PARTICIPANTS,
    ConversationResponse,
    ConversationUpdate,
    ParticipantResponse,
)
from fynix_server.resources import Resources


async def update_group(
    resources: Resources, actor_id: UUID, conversation_id: UUID, wanted: ConversationUpdate
) -> ConversationResponse:
    """Rename a group or describe it anew. What changes nothing is announced to nobody.

    Raises: NotFound, NotPermitted (not its owner or an admin), Muted, InvalidInput (a DM).
    """
    require_voice(resources.policy, actor_id, resources.clock())
    horizon = await resources.policy.horizon()
    async with group_change(resources, actor_id, conversation_id) as change:
        change.require(GroupAct.RENAME)
        connection = change.connection
        before = await queries.find_conversation(connection, conversation_id)
        name = before.name if wanted.name is None else wanted.name
        given = wanted.description
        description = before.description if given is None else given or None
        if (name, description) != (before.name, before.description):
            await queries.change_group(
                connection, conversation_id, name=name, description=description
            )
            payload = {"name": name, "description": description, "updated_by": str(actor_id)}
            await change.log("conversation_updated", await change.allot_seq(), payload)
        conversation = await describe_conversation(connection, actor_id, conversation_id, horizon)
    return conversation


async def add_participant(
    resources: Resources, actor_id: UUID, conversation_id: UUID, user_id: UUID
) -> ParticipantResponse:
    """Add somebody, who sees what happens from now on; who was there before is so again.

    Raises: NotFound (the conversation or the person), NotPermitted (not its owner or an
    admin, or they do not want the actor to add them), InvalidInput (a DM), Conflict (there
    already, or the group is full).
    """
    async with group_change(resources, actor_id, conversation_id) as change:
        change.require(GroupAct.ADD)
        members = await change.member_ids()
        if user_id in members:
            raise Conflict("They are in this group already.", code="already_participant")
        if len(members) >= MAX_GROUP_PARTICIPANTS:
            raise Conflict(f"A group holds at most {MAX_GROUP_PARTICIPANTS}.", code="group_full")
        if not await lock_people(change.connection, [user_id]):
            raise NotFound(f"There is no user {user_id}.", code="user_not_found")
        seq = await change.allot_seq()
        added = await _join(change, user_id, seq)
        await require_willing(change.connection, actor_id, [user_id], change.now)
        payload = {"participant": added.model_dump(mode="json"), "added_by": str(actor_id)}
        await change.log("participant_added", seq, payload, joiner_id=user_id)
        await queries.move_members_version(change.connection, conversation_id)
    return added


async def _join(change: GroupChange, user_id: UUID, seq: int) -> ParticipantResponse:
    connection, conversation_id = change.connection, change.conversation_id
    if await change.former_or_present(user_id) is None:
        row = participant_row(conversation_id, user_id, "member", seq, change.now)
        await queries.insert_participants(connection, [row])
    else:
        await queries.rejoin(connection, conversation_id, user_id, seq=seq, now=change.now)
    return participant_response(await queries.load_newcomer(connection, conversation_id, user_id))


@dataclass(frozen=True, slots=True)
class Removal:
    """Who is to go from which group. `is_dry_run`: only find out whether they may."""

    conversation_id: UUID
    user_id: UUID
    is_dry_run: bool = False


async def remove_participant(resources: Resources, actor_id: UUID, removal: Removal) -> None:
    """Leave a group (`user_id` is the actor), or take somebody out of it.

    An owner who leaves hands the group to the admin who has been there longest, or else to
    the member who has; the last one leaves it to nobody.

    Raises: NotFound (the conversation, or they are not in it), NotPermitted (not its owner or
    an admin, or they are an admin and the actor not the owner, or they are the owner),
    InvalidInput (a DM).
    """
    conversation_id, user_id = removal.conversation_id, removal.user_id
    async with group_change(
        resources, actor_id, conversation_id, is_dry_run=removal.is_dry_run
    ) as change:
        leaver_role = await _require_removable(change, user_id)
        seq = await change.allot_seq()
        await queries.end_participation(
            change.connection, conversation_id, user_id, seq=seq, now=change.now
        )
        payload = {"user_id": str(user_id), "removed_by": str(actor_id)}
        await change.log("participant_removed", seq, payload, leaver_id=user_id)
        if leaver_role == "owner":
            await pass_on_ownership(change)
        await queries.move_members_version(change.connection, conversation_id)


async def _require_removable(change: GroupChange, user_id: UUID) -> str:
    """The role of whom the actor may let go."""
    actor = change.actor
    if user_id == actor.user_id:
        change.require(GroupAct.LEAVE)
        return actor.role
    # Whoever may remove nobody does not learn here who is in it.
    change.require(GroupAct.REMOVE_MEMBER)
    leaver = await change.participant(user_id)
    change.require(REMOVING[leaver.role])
    return str(leaver.role)
