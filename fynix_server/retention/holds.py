"""Legal holds: what must stay stored, whatever retention and cleaning up say."""

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, NotFound
from fynix_server.policy import move_policy_version
from fynix_server.protocol.retention import (
    LegalHoldActResponse,
    LegalHoldRequest,
    LegalHoldResponse,
    LegalHoldsQuery,
    LegalHoldsResponse,
)
from fynix_server.resources import Resources
from fynix_server.retention import queries


async def list_holds(resources: Resources, wanted: LegalHoldsQuery) -> LegalHoldsResponse:
    """A page of those of one kind."""
    async with resources.database.read() as connection:
        found = await queries.holds(connection, wanted.kind, wanted.after, wanted.limit + 1)
    page = found[: wanted.limit]
    return LegalHoldsResponse(
        holds=[LegalHoldResponse(**row._asdict()) for row in page],
        next_after=page[-1].subject_id if len(found) > len(page) else None,
    )


async def place_hold(
    resources: Resources, acting: Acting, wanted: LegalHoldRequest
) -> LegalHoldActResponse:
    """From when this returns nothing of it is cleaned up.

    Raises: NotFound (no such person, no such conversation), Conflict (it is held already).
    """
    return await _change(resources, acting, wanted, is_held=True)


async def lift_hold(
    resources: Resources, acting: Acting, wanted: LegalHoldRequest
) -> LegalHoldActResponse:
    """Let retention and cleaning up have it. Raises: Conflict (it is not held)."""
    return await _change(resources, acting, wanted, is_held=False)


async def _change(
    resources: Resources, acting: Acting, wanted: LegalHoldRequest, *, is_held: bool
) -> LegalHoldActResponse:
    now = resources.clock()
    kind, subject_id = wanted.kind, wanted.subject_id
    async with act_transaction(resources.database, is_dry_run=wanted.dry_run) as connection:
        # First: whoever cleans up holds it too while looking at holds and deleting.
        await move_policy_version(connection)
        if await queries.is_held(connection, kind, subject_id) == is_held:
            raise _refusal(is_held=is_held)
        if is_held:
            is_known = queries.is_person if kind == "user" else queries.is_conversation
            if not await is_known(connection, subject_id):
                raise NotFound(f"There is no such {_WORD[kind]}.", code=f"{kind}_not_found")
            row = {"kind": kind, "subject_id": subject_id}
            more = {"set_by": acting.actor.id, "created_at": now}
            await queries.add_hold(connection, {**row, **more})
        else:
            await queries.remove_hold(connection, kind, subject_id)
        states = ({"is_held": not is_held}, {"is_held": is_held})
        act = Act(acting.act, kind, str(subject_id), *states, wanted.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not wanted.dry_run:
        await resources.policy.apply_change()
    return LegalHoldActResponse(
        action=acting.act,
        dry_run=wanted.dry_run,
        audit_seq=None if wanted.dry_run else audit_seq,
        kind=kind,
        subject_id=subject_id,
        is_held=is_held,
    )


_WORD = {"user": "person", "conversation": "conversation"}


def _refusal(*, is_held: bool) -> Conflict:
    if is_held:
        return Conflict("It is held already.", code="already_so")
    return Conflict("It is not held.", code="not_so")
