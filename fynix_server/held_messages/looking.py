"""The queue, without texts for whoever has the role, and with them for a reason."""

from typing import cast

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.held_messages import queries
from fynix_server.held_messages.queries import Held, HeldWanted
from fynix_server.policy import Horizon
from fynix_server.protocol.held import (
    HeldCause,
    HeldListResponse,
    HeldMessageResponse,
    HeldQuery,
    HeldReviewRequest,
    HeldReviewResponse,
    HeldStatus,
    HeldTextResponse,
)
from fynix_server.protocol.messages import ContentType
from fynix_server.resources import Resources


async def list_held(resources: Resources, wanted: HeldQuery) -> HeldListResponse:
    """A page of held messages, without what they say."""
    which = HeldWanted(wanted.status, wanted.sender_id, wanted.rule, wanted.after)
    async with resources.database.read() as connection:
        held, next_after = await queries.held_page(connection, which, wanted.limit)
    return HeldListResponse(held=[described(it) for it in held], next_after=next_after)


async def review_held(
    resources: Resources, acting: Acting, request: HeldReviewRequest
) -> HeldReviewResponse:
    """A page of held messages with what they say; one entry in the audit log names them all.

    What waits is shown, however old; what was decided about, no longer than it is kept.
    """
    now = resources.clock()
    horizon = await resources.policy.horizon()
    which = HeldWanted("waiting", request.sender_id, request.rule, request.after)
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        if request.message_ids is None:
            held, next_after = await queries.held_page(connection, which, request.limit)
        else:
            held, next_after = await queries.held_by_ids(connection, request.message_ids), None
        shown = {"message_ids": [str(it.message_id) for it in held]}
        act = Act(acting.act, after=shown, reason=request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    return HeldReviewResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        held=[
            _with_text(it, is_shown=not request.dry_run and not _has_expired(it, horizon))
            for it in held
        ],
        next_after=next_after,
    )


def _has_expired(held: Held, horizon: Horizon) -> bool:
    is_decided = held.status != "waiting"
    return is_decided and horizon.hides(held.conversation_id, held.created_at)


def described(held: Held) -> HeldMessageResponse:
    return HeldMessageResponse(
        message_id=held.message_id,
        conversation_id=held.conversation_id,
        sender_id=held.sender_id,
        sender_username=held.sender_username,
        cause=cast(HeldCause, held.cause),
        rules=list(held.rules),
        status=cast(HeldStatus, held.status),
        created_at=held.created_at,
        decided_at=held.decided_at,
        released_as=held.released_as,
    )


def _with_text(held: Held, *, is_shown: bool) -> HeldTextResponse:
    return HeldTextResponse(
        **described(held).model_dump(),
        content_type=cast(ContentType, held.content_type),
        content=held.content if is_shown else None,
    )
