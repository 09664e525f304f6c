"""Who may change a group, and how: its name, its description, its people.

Every change waits for the conversation's lock before it looks at anything, so that two at once
(an owner leaving while being asked to add somebody) happen one after the other.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.conversations import queries
from fynix_server.conversations.describing import describe_conversation
from fynix_server.conversations.service import participant_row, require_no_block
from fynix_server.errors import Conflict, InvalidInput, NotFound, NotPermitted
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, allot_seq, append_event, event_frame, record_event
from fynix_server.membership import (
    Membership,
    active_member_ids,
    load_membership,
    participant_response,
)
from fynix_server.protocol.conversations import (
    MAX_GROUP_PARTICIPANTS,
    ConversationResponse,
    ConversationUpdate,
    ParticipantResponse,
)
from fynix_server.resources import Resources

STEWARDS = ("owner", "admin")


async def update_group(
    resources: Resources, actor_id: UUID, conversation_id: UUID, change: ConversationUpdate
) -> ConversationResponse:
    """Rename a group or describe it anew. What changes nothing is announced to nobody.

    Raises: NotFound, NotPermitted (not its owner or an admin), InvalidInput (a DM).
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        _require_steward(await _lock_group(connection, conversation_id, actor_id))
        before = await queries.find_conversation(connection, conversation_id)
        name = before.name if change.name is None else change.name
        given = change.description
        description = before.description if given is None else given or None
        if (name, description) == (before.name, before.description):
            return await describe_conversation(connection, actor_id, conversation_id)
        await queries.change_group(connection, conversation_id, name=name, description=description)
        payload = {"name": name, "description": description, "updated_by": str(actor_id)}
        event = NewEvent(conversation_id, "conversation_updated", actor_id, None, payload)
        seq = await append_event(connection, event, now)
        members = await _member_ids(connection, conversation_id)
        conversation = await describe_conversation(connection, actor_id, conversation_id)
    _announce(resources, event, seq, members)
    return conversation


async def add_participant(
    resources: Resources, actor_id: UUID, conversation_id: UUID, user_id: UUID
) -> ParticipantResponse:
    """Add somebody, who sees what happens from now on; who was there before is so again.

    Raises: NotFound (the conversation or the person), NotPermitted (not its owner or an
    admin, or a block stands between them), InvalidInput (a DM), Conflict (there already, or the
    group is full).
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        _require_steward(await _lock_group(connection, conversation_id, actor_id))
        members = await _member_ids(connection, conversation_id)
        if user_id in members:
            raise Conflict("They are in this group already.", code="already_participant")
        if len(members) >= MAX_GROUP_PARTICIPANTS:
            raise Conflict(f"A group holds at most {MAX_GROUP_PARTICIPANTS}.", code="group_full")
        if not await queries.known_user_ids(connection, [user_id]):
            raise NotFound(f"There is no user {user_id}.", code="user_not_found")
        seq = await allot_seq(connection, conversation_id, now)
        added = await _join(connection, conversation_id, user_id, seq, now)
        await require_no_block(connection, actor_id, [user_id])
        payload = {"participant": added.model_dump(mode="json"), "added_by": str(actor_id)}
        event = NewEvent(conversation_id, "participant_added", actor_id, None, payload)
        await record_event(connection, event, seq, now)
        await queries.move_members_version(connection, conversation_id)
    _announce(resources, event, seq, (*members, user_id), moving=(user_id,))
    return added


async def _join(
    connection: AsyncConnection, conversation_id: UUID, user_id: UUID, seq: int, now: datetime
) -> ParticipantResponse:
    if await queries.find_participant(connection, conversation_id, user_id) is None:
        row = participant_row(conversation_id, user_id, "member", seq, now)
        await queries.insert_participants(connection, [row])
    else:
        await queries.rejoin(connection, conversation_id, user_id, seq=seq, now=now)
    joined = await queries.load_participant(connection, conversation_id, user_id)
    return participant_response(joined)


async def remove_participant(
    resources: Resources, actor_id: UUID, conversation_id: UUID, user_id: UUID
) -> None:
    """Leave a group (`user_id` is the actor), or take somebody out of it.

    An owner who leaves hands the group to the admin who has been there longest, or else to
    the member who has; the last one leaves it to nobody.

    Raises: NotFound (the conversation, or they are not in it), NotPermitted (not its owner or
    an admin, or it is the owner who is to go), InvalidInput (a DM).
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        actor = await _lock_group(connection, conversation_id, actor_id)
        if user_id != actor_id:
            _require_steward(actor)
        leaver = await queries.find_participant(connection, conversation_id, user_id)
        if leaver is None or not leaver.is_active:
            raise NotFound("They are not in this group.", code="participant_not_found")
        if leaver.role == "owner" and user_id != actor_id:
            raise NotPermitted("The owner cannot be removed.", code="owner_cannot_be_removed")
        payload = {"user_id": str(user_id), "removed_by": str(actor_id)}
        event = NewEvent(conversation_id, "participant_removed", actor_id, None, payload)
        seq = await append_event(connection, event, now)
        await queries.end_participation(connection, conversation_id, user_id, seq=seq, now=now)
        if leaver.role == "owner":
            await _pass_on_ownership(connection, conversation_id)
        await queries.move_members_version(connection, conversation_id)
        members = await _member_ids(connection, conversation_id)
    # The one who goes is told too: it is their last frame of this group.
    _announce(resources, event, seq, (*members, user_id), moving=(user_id,))


async def _pass_on_ownership(connection: AsyncConnection, conversation_id: UUID) -> None:
    heir_id = await queries.next_owner_id(connection, conversation_id)
    if heir_id is not None:
        await queries.change_role(connection, conversation_id, heir_id, "owner")


async def _lock_group(
    connection: AsyncConnection, conversation_id: UUID, actor_id: UUID
) -> Membership:
    await queries.lock_conversation(connection, conversation_id)
    membership = await load_membership(connection, conversation_id, actor_id)
    if not membership.is_group:
        raise InvalidInput("This is a direct conversation, not a group.", code="not_a_group")
    return membership


def _require_steward(actor: Membership) -> None:
    if actor.role not in STEWARDS:
        raise NotPermitted("Only the group's owner and admins may do this.", code="not_an_admin")


async def _member_ids(connection: AsyncConnection, conversation_id: UUID) -> tuple[UUID, ...]:
    return (await active_member_ids(connection, [conversation_id]))[conversation_id]


def _announce(
    resources: Resources,
    event: NewEvent,
    seq: int,
    recipients: tuple[UUID, ...],
    moving: tuple[UUID, ...] = (),
) -> None:
    """`moving`: who joined, or left, by this event."""
    resources.event_bus.publish(
        Envelope(
            channel=MESSAGES,
            recipients=recipients,
            frame=event_frame(event.type, event.conversation_id, seq, event.payload),
            conversation_id=event.conversation_id,
            seq=seq,
            for_opted_in=True,
            joiners=moving if event.type == "participant_added" else (),
            leavers=moving if event.type == "participant_removed" else (),
        )
    )
