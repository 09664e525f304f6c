"""Setting and clearing for how long messages are kept: it shows at once, before any cleaning up."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.acts import TargetKind
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, NotFound
from fynix_server.policy import Horizon, Retention, move_policy_version
from fynix_server.protocol.retention import (
    RetentionActResponse,
    RetentionPoliciesResponse,
    RetentionPolicyResponse,
    RetentionQuery,
    RetentionScopeRequest,
    RetentionSetRequest,
)
from fynix_server.resources import Resources
from fynix_server.retention import queries


async def list_policies(resources: Resources, wanted: RetentionQuery) -> RetentionPoliciesResponse:
    """That of the server, and a page of those of conversations."""
    async with resources.database.read() as connection:
        server = await queries.find_policy(connection, None)
        found = await queries.conversation_policies(connection, wanted.after, wanted.limit + 1)
    page = found[: wanted.limit]
    return RetentionPoliciesResponse(
        server=None if server is None else RetentionPolicyResponse(**server._asdict()),
        conversations=[RetentionPolicyResponse(**row._asdict()) for row in page],
        next_after=page[-1].conversation_id if len(found) > len(page) else None,
    )


async def set_policy(
    resources: Resources, acting: Acting, wanted: RetentionSetRequest
) -> RetentionActResponse:
    """Keep messages for so many days from now on, those of the past too.

    Raises: NotFound (no such conversation), Conflict (it is so already).
    """
    return await _change(resources, acting, wanted, wanted.days)


async def clear_policy(
    resources: Resources, acting: Acting, wanted: RetentionScopeRequest
) -> RetentionActResponse:
    """End a policy: what was not cleaned up yet is shown again.

    Raises: NotFound (no such conversation), Conflict (there is none).
    """
    return await _change(resources, acting, wanted, None)


async def _change(
    resources: Resources, acting: Acting, wanted: RetentionScopeRequest, days: int | None
) -> RetentionActResponse:
    now = resources.clock()
    conversation_id = wanted.conversation_id
    # Before the transaction: on SQLite it would keep senders waiting.
    hidden = await _count_hidden(resources, conversation_id, days, now)
    async with act_transaction(resources.database, is_dry_run=wanted.dry_run) as connection:
        await _require_conversation(connection, conversation_id)
        # Before looking: changes of policies go one after the other.
        await move_policy_version(connection)
        found = await queries.find_policy(connection, conversation_id)
        before = None if found is None else found.days
        if before == days:
            raise _refusal(days)
        if days is None:
            await queries.remove_policy(connection, conversation_id)
        else:
            policy = {
                "conversation_id": conversation_id,
                "days": days,
                "set_by": acting.actor.id,
                "created_at": now,
            }
            await queries.store_policy(connection, policy)
        act = _act(acting, wanted, before, days)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not wanted.dry_run:
        await resources.policy.apply_change()
    return RetentionActResponse(
        action=acting.act,
        dry_run=wanted.dry_run,
        audit_seq=None if wanted.dry_run else audit_seq,
        conversation_id=conversation_id,
        days=days,
        cutoff=None if days is None else now - timedelta(days=days),
        hidden_messages=hidden,
    )


def _refusal(days: int | None) -> Conflict:
    if days is None:
        return Conflict("There is no such policy.", code="not_so")
    return Conflict("It is so already.", code="already_so")


def _act(
    acting: Acting, wanted: RetentionScopeRequest, before: int | None, after: int | None
) -> Act:
    conversation_id = wanted.conversation_id
    kind: TargetKind = "server" if conversation_id is None else "conversation"
    target_id = None if conversation_id is None else str(conversation_id)
    return Act(acting.act, kind, target_id, {"days": before}, {"days": after}, wanted.reason)


async def _require_conversation(connection: AsyncConnection, conversation_id: UUID | None) -> None:
    is_known = conversation_id is None or await queries.is_conversation(connection, conversation_id)
    if not is_known:
        raise NotFound("There is no such conversation.", code="conversation_not_found")


async def _count_hidden(
    resources: Resources, conversation_id: UUID | None, days: int | None, now: datetime
) -> int:
    """How many messages are shown now, and would not be."""
    async with resources.database.read() as connection:
        is_now = await _horizon(connection, conversation_id, now)
        since = is_now.of(conversation_id or _NOWHERE)
        becomes = days if days is not None else await _fallback(connection, conversation_id)
        before = None if becomes is None else now - timedelta(days=becomes)
        if before is None or (since is not None and before <= since):
            return 0
        return await queries.count_sent_between(connection, conversation_id, since, before)


_NOWHERE = UUID(int=0)
"""A conversation without a policy of its own."""


async def _horizon(
    connection: AsyncConnection, conversation_id: UUID | None, now: datetime
) -> Horizon:
    """As the database has it now: this instance may not have heard of the newest."""
    server = await queries.find_policy(connection, None)
    own = (
        None if conversation_id is None else await queries.find_policy(connection, conversation_id)
    )
    days = {} if own is None or conversation_id is None else {conversation_id: own.days}
    return Horizon(Retention(None if server is None else server.days, days), now)


async def _fallback(connection: AsyncConnection, conversation_id: UUID | None) -> int | None:
    """What holds where a policy is cleared: for a conversation the server's."""
    server = None if conversation_id is None else await queries.find_policy(connection, None)
    return None if server is None else int(server.days)
