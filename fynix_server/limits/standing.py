"""Where somebody stands in every bucket: the limit in force, who set it, what is used of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import ActedOn, find_person, usernames_of
from fynix_server.policy import OwnLimit, own_limits
from fynix_server.protocol.limits import (
    LimitResponse,
    OverrideResponse,
    QuotaShape,
    UserLimitsResponse,
)
from fynix_server.rate_limit import BUCKETS, Bucket, Quota, Use, person_key
from fynix_server.resources import Resources


@dataclass(frozen=True, slots=True)
class Standing:
    """A person, their own limits by bucket, and the names of those who set them, by id."""

    person: ActedOn
    own: dict[str, OwnLimit]
    setters: dict[str, str]


async def show_limits(resources: Resources, user_id: UUID) -> UserLimitsResponse:
    """Every bucket of a person. Nothing is counted by looking. Raises: NotFound."""
    async with resources.database.read() as connection:
        person = await find_person(connection, user_id)
        standing = await load_standing(connection, person, resources.clock())
    return await described(resources, standing)


async def load_standing(connection: AsyncConnection, person: ActedOn, now: datetime) -> Standing:
    """What the database knows of it."""
    own = await own_limits(connection, person.id, now)
    setters = {it.set_by for it in own.values() if _is_id(it.set_by)}
    names = await usernames_of(connection, map(UUID, setters))
    return Standing(person, own, {str(user_id): name for user_id, name in names.items()})


async def described(resources: Resources, standing: Standing) -> UserLimitsResponse:
    """With what is counted now. Asks Redis, so after any transaction."""
    person = standing.person
    quotas = {it: quota_in_force(resources, standing.own, it) for it in BUCKETS}
    uses, is_of_all = await uses_of(resources, person, quotas)
    return UserLimitsResponse(
        user_id=person.id,
        username=person.username,
        is_on=not resources.limiter.is_off,
        is_counted_together=is_of_all,
        limits=[_response(resources, standing, it, uses[it]) for it in BUCKETS],
    )


async def uses_of(
    resources: Resources, person: ActedOn, quotas: dict[Bucket, Quota]
) -> tuple[dict[Bucket, Use], bool]:
    """What is counted of a person in each bucket; False: by this instance alone."""
    asked = [
        (bucket, person_key(bucket, person.id, person.username), quota)
        for bucket, quota in quotas.items()
    ]
    uses, is_of_all = await resources.limiter.look(asked)
    return dict(zip(quotas, uses, strict=True)), is_of_all


def quota_in_force(resources: Resources, own: dict[str, OwnLimit], bucket: Bucket) -> Quota:
    """What is reckoned by. While somebody is exempt, what was counted before leaves as usual."""
    limit = own.get(bucket)
    return (limit and limit.quota) or resources.limiter.default_quota(bucket)


def _response(resources: Resources, standing: Standing, bucket: Bucket, use: Use) -> LimitResponse:
    own = standing.own.get(bucket)
    default = resources.limiter.default_quota(bucket)
    quota = default if own is None else own.quota
    return LimitResponse(
        bucket=bucket,
        limit=None if quota is None else _shape(quota),
        default=_shape(default),
        override=None if own is None else _override(own, standing.setters),
        used=use.count,
        remaining=None if quota is None else max(0, quota.max_count - use.count),
        frees_at=None if use.frees_at is None else datetime.fromtimestamp(use.frees_at, UTC),
    )


def _override(own: OwnLimit, setters: dict[str, str]) -> OverrideResponse:
    return OverrideResponse(
        set_by=own.set_by,
        set_by_name=setters.get(own.set_by),
        set_at=own.set_at,
        until=own.until,
    )


def _shape(quota: Quota) -> QuotaShape:
    return QuotaShape(max_count=quota.max_count, window_seconds=quota.window_seconds)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
