"""Who has which role in a group: promoting, demoting, and handing it on, so that one owns it."""

from dataclasses import dataclass
from uuid import UUID

from fynix_server.conversations.group_changes import GroupChange, group_change
from fynix_server.errors import Conflict
from fynix_server.membership import find_heir, participant_response
from fynix_server.permissions import GroupAct
from fynix_server.protocol.conversations import ParticipantResponse, ParticipantRole
from fynix_server.resources import Resources


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Which role somebody is to have. `is_dry_run`: only find out whether they can."""

    conversation_id: UUID
    user_id: UUID
    role: ParticipantRole
    is_dry_run: bool = False


async def change_role(
    resources: Resources, actor_id: UUID, wanted: RoleChange
) -> ParticipantResponse:
    """Give somebody another role in a group. `owner` transfers it: the owner becomes an admin.

    What changes nothing is announced to nobody.

    Raises: NotFound (the conversation, or they are not in it), NotPermitted (not its owner),
    InvalidInput (a DM), Conflict (the owner would leave it without one).
    """
    async with group_change(
        resources, actor_id, wanted.conversation_id, is_dry_run=wanted.is_dry_run
    ) as change:
        is_transfer = wanted.role == "owner"
        act = GroupAct.TRANSFER if is_transfer else GroupAct.CHANGE_ROLE
        change.require(act)
        before = await change.participant(wanted.user_id)
        if wanted.role != before.role:
            if before.role == "owner":
                raise Conflict(
                    "A group has one owner: make somebody else the owner, or leave.",
                    code="owner_must_transfer",
                )
            if is_transfer:
                # First, so that nobody who follows the numbers ever sees two owners.
                await change.set_role(actor_id, "admin")
            await change.set_role(wanted.user_id, wanted.role)
        after = await change.participant(wanted.user_id)
    return participant_response(after)


async def pass_on_ownership(change: GroupChange) -> None:
    """The owner, who is the actor, has gone: find an heir; there is none where all have gone."""
    heir = await find_heir(change.connection, change.conversation_id, change.now)
    if heir is not None:
        await change.set_role(heir.user_id, "owner")
