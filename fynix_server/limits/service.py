"""What admins do about somebody's limits: another number, none at all, or beginning anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import find_person, lock_person
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, FieldError, InvalidInput
from fynix_server.limits.standing import described, load_standing, quota_in_force, uses_of
from fynix_server.policy import (
    OwnLimit,
    clear_overrides,
    move_policy_version,
    own_limits,
    set_override,
)
from fynix_server.protocol.fields import rfc3339
from fynix_server.protocol.limits import (
    LimitClearRequest,
    LimitExemptRequest,
    LimitResetRequest,
    LimitsActResponse,
    LimitSetRequest,
    LimitsResetResponse,
)
from fynix_server.protocol.moderation import ActRequest
from fynix_server.rate_limit import BUCKETS, Bucket, Quota, person_key
from fynix_server.resources import Resources

OwnLimits = dict[str, OwnLimit]
Changes = dict[Bucket, OwnLimit | None]
"""By bucket what takes the place of what held. None: what holds for everybody."""
Decide = Callable[[OwnLimits, datetime], Changes]


async def set_limit(
    resources: Resources, acting: Acting, user_id: UUID, request: LimitSetRequest
) -> LimitsActResponse:
    """Another limit than everybody's. Raises: InvalidInput (no such bucket), Conflict."""
    buckets = _buckets(request.bucket)
    quota = Quota(request.max_count, request.window_seconds)

    def decide(own: OwnLimits, now: datetime) -> Changes:
        return _overriding(own, buckets, quota, _own_limit(acting, quota, request.seconds, now))

    return await _change(resources, acting, user_id, request, decide)


async def exempt(
    resources: Resources, acting: Acting, user_id: UUID, request: LimitExemptRequest
) -> LimitsActResponse:
    """No limit, in one bucket or in all. Raises: InvalidInput (no such bucket), Conflict."""
    buckets = _buckets(request.bucket)

    def decide(own: OwnLimits, now: datetime) -> Changes:
        return _overriding(own, buckets, None, _own_limit(acting, None, request.seconds, now))

    return await _change(resources, acting, user_id, request, decide)


async def clear_limits(
    resources: Resources, acting: Acting, user_id: UUID, request: LimitClearRequest
) -> LimitsActResponse:
    """Back to what holds for everybody. Raises: InvalidInput (no such bucket), Conflict."""
    buckets = _buckets(request.bucket)

    def decide(own: OwnLimits, _now: datetime) -> Changes:
        changes: Changes = {bucket: None for bucket in buckets if bucket in own}
        if not changes:
            raise Conflict("They have no limit of their own there.", code="not_so")
        return changes

    return await _change(resources, acting, user_id, request, decide)


async def reset_limits(
    resources: Resources, acting: Acting, user_id: UUID, request: LimitResetRequest
) -> LimitsResetResponse:
    """Forget what was counted, so that they begin anew. Raises: InvalidInput (no such bucket)."""
    buckets, now = _buckets(request.bucket), resources.clock()
    # Redis is asked before the transaction: nobody should wait for it at a lock.
    async with resources.database.read() as connection:
        person = await find_person(connection, user_id)
        own = await own_limits(connection, user_id, now)
    quotas = {it: quota_in_force(resources, own, it) for it in buckets}
    uses, _ = await uses_of(resources, person, quotas)
    counted = {str(bucket): use.count for bucket, use in uses.items()}
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, now)
        act = Act(
            acting.act, "user", str(user_id), counted, dict.fromkeys(counted, 0), request.reason
        )
        audit_seq = await record_act(connection, acting.actor, act, now)
    keys = [(it, person_key(it, user_id, person.username)) for it in buckets]
    return LimitsResetResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        user_id=user_id,
        forgotten=counted,
        is_everywhere=request.dry_run or await _forget(resources, keys),
    )


async def _forget(resources: Resources, keys: list[tuple[Bucket, str]]) -> bool:
    for bucket, key in keys:
        resources.event_bus.publish_control({"type": "limit_reset", "bucket": bucket, "key": key})
    return await resources.limiter.forget(keys)


async def _change(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest, decide: Decide
) -> LimitsActResponse:
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        person = await lock_person(connection, acting, user_id, now)
        before = await own_limits(connection, user_id, now)
        changes = decide(before, now)
        await _store(connection, user_id, changes)
        await move_policy_version(connection)
        standing = await load_standing(connection, person, now)
        was = {str(bucket): _told(before.get(bucket)) for bucket in changes}
        becomes = {str(bucket): _told(own) for bucket, own in changes.items()}
        act = Act(acting.act, "user", str(user_id), was, becomes, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        await resources.policy.apply_change()
    return LimitsActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        limits=await described(resources, standing),
    )


async def _store(connection: AsyncConnection, user_id: UUID, changes: Changes) -> None:
    for bucket, own in changes.items():
        if own is not None:
            await set_override(connection, user_id, bucket, own)
    await clear_overrides(connection, user_id, [it for it, own in changes.items() if own is None])


def _overriding(
    own: OwnLimits, buckets: tuple[Bucket, ...], quota: Quota | None, limit: OwnLimit
) -> Changes:
    """Raises: Conflict (all of them are so already, and for good)."""
    changes: Changes = {
        bucket: limit
        for bucket in buckets
        if (held := own.get(bucket)) is None or (held.quota, held.until) != (quota, limit.until)
    }
    if not changes:
        raise Conflict("Their limit is that already.", code="already_so")
    return changes


def _own_limit(acting: Acting, quota: Quota | None, seconds: int | None, now: datetime) -> OwnLimit:
    until = now + timedelta(seconds=seconds) if seconds else None
    return OwnLimit(quota, until, acting.actor.id, now)


def _buckets(name: str | None) -> tuple[Bucket, ...]:
    """The one of this name; None: all. Raises: InvalidInput."""
    found = tuple(bucket for bucket in BUCKETS if name in (None, bucket))
    if not found:
        detail = f"There is no bucket {name!r}; there are {', '.join(BUCKETS)}."
        raise InvalidInput(
            detail, code="unknown_bucket", errors=(FieldError("body.bucket", detail),)
        )
    return found


def _told(own: OwnLimit | None) -> dict[str, Any]:
    """For the audit log."""
    if own is None:
        return {"limit": "default"}
    limit = "none" if own.quota is None else f"{own.quota.max_count}/{own.quota.window_seconds}"
    return {"limit": limit, "until": None if own.until is None else rfc3339(own.until)}
