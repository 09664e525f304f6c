"""Limits of somebody's own, in this process and in Redis."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from fynix_cli.stack.valkey import Valkey
from fynix_server.errors import RateLimited
from fynix_server.rate_limit import (
    BUCKETS,
    LimitReached,
    Override,
    Overrides,
    Quota,
    RateLimiter,
    Use,
    login_key,
    person_key,
)
from fynix_server.redis_client import RedisClient
from fynix_server.settings import load_settings
from tests.rate_limit.conftest import FixedClock

TYPING = Quota(3, 10)


def overrides(bucket: str, key: str, quota: Quota | None) -> Overrides:
    return {(bucket, key): Override(quota, None)}


async def accepted(limiter: RateLimiter, key: str, attempts: int) -> int:
    answers = await asyncio.gather(
        *(limiter.consume("typing", key) for _ in range(attempts)), return_exceptions=True
    )
    assert all(isinstance(it, RateLimited) for it in answers if isinstance(it, BaseException))
    return sum(not isinstance(it, BaseException) for it in answers)


async def test_a_limit_of_ones_own_holds_for_its_key_and_bucket_alone(limiter: RateLimiter) -> None:
    limiter.use_overrides(overrides("typing", "alice", Quota(5, 20)))

    assert await accepted(limiter, "alice", 10) == 5
    assert await accepted(limiter, "bob", 10) == 3
    assert (await limiter.consume("messages", "alice")).limit == 30


async def test_a_limit_of_ones_own_is_in_the_headers(limiter: RateLimiter) -> None:
    limiter.use_overrides(overrides("typing", "alice", Quota(5, 20)))

    headers = (await limiter.consume("typing", "alice")).headers()

    assert headers["X-RateLimit-Limit"] == "5"
    assert headers["RateLimit-Policy"] == '"typing";q=5;w=20'


async def test_who_is_exempt_is_neither_counted_nor_shown_headers(limiter: RateLimiter) -> None:
    limiter.use_overrides(overrides("typing", "alice", None))

    states = [await limiter.consume("typing", "alice") for _ in range(10)]

    assert [it.headers() for it in states] == [{}] * 10
    uses, _ = await limiter.look([("typing", "alice", TYPING)])
    assert uses == [Use(0, None)]


async def test_what_was_counted_stays_counted_through_an_exemption(limiter: RateLimiter) -> None:
    await limiter.consume("typing", "alice")
    limiter.use_overrides(overrides("typing", "alice", None))
    await limiter.consume("typing", "alice")

    limiter.use_overrides({})

    assert (await limiter.consume("typing", "alice")).remaining == 1


async def test_an_override_ends_by_itself(limiter: RateLimiter, clock: FixedClock) -> None:
    until = clock() + timedelta(seconds=60)
    limiter.use_overrides({("typing", "alice"): Override(None, until)})

    clock.advance(59)
    assert await accepted(limiter, "alice", 10) == 10
    clock.advance(1)

    assert await accepted(limiter, "alice", 10) == 3


async def test_who_waits_as_long_as_told_is_let_in_also_where_the_limit_was_lowered(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    limiter.use_overrides(overrides("typing", "alice", Quota(5, 10)))
    for _ in range(5):
        await limiter.consume("typing", "alice")
        clock.advance(1)
    limiter.use_overrides(overrides("typing", "alice", Quota(2, 10)))

    with pytest.raises(LimitReached) as refused:
        await limiter.consume("typing", "alice")
    clock.advance(refused.value.retry_after_seconds - 1)
    with pytest.raises(LimitReached):
        await limiter.consume("typing", "alice")
    clock.advance(1)

    # Of five, counted in seconds 0 to 4, the fourth has to leave: at 13, and now it is 5.
    assert refused.value.retry_after_seconds == 8
    assert refused.value.state.remaining == 0
    assert (await limiter.consume("typing", "alice")).remaining == 0


async def test_a_longer_window_goes_on_from_what_the_shorter_one_held(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    await limiter.consume("typing", "alice")
    clock.advance(8)
    await limiter.consume("typing", "alice")

    limiter.use_overrides(overrides("typing", "alice", Quota(3, 60)))
    clock.advance(8)

    # Nothing has asked since the first was too old for the shorter one: it is still there.
    assert (await limiter.consume("typing", "alice")).remaining == 0


async def test_looking_counts_nothing_and_sees_what_is_in_the_window(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    began = clock().timestamp()
    await limiter.consume("typing", "alice")
    clock.advance(4)
    await limiter.consume("typing", "alice")

    asked = [("typing", "alice", TYPING), ("typing", "bob", TYPING), ("messages", "alice", TYPING)]
    for _ in range(9):
        uses, is_of_all = await limiter.look(asked)  # type: ignore[arg-type]  # buckets are texts
    clock.advance(6)
    later, _ = await limiter.look([("typing", "alice", TYPING)])

    assert is_of_all
    assert uses == [Use(2, began + 10), Use(0, None), Use(0, None)]
    assert later == [Use(1, began + 14)]
    assert (await limiter.consume("typing", "alice")).remaining == 1


async def test_what_is_forgotten_begins_anew_and_nothing_else_does(limiter: RateLimiter) -> None:
    assert await accepted(limiter, "alice", 5) == 3
    assert await accepted(limiter, "bob", 5) == 3

    assert await limiter.forget([("typing", "alice")])

    assert await accepted(limiter, "alice", 5) == 3
    assert await accepted(limiter, "bob", 5) == 0


async def test_looking_neither_writes_to_redis_nor_prolongs_anything(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await shared_limiter.look([(bucket, "alice", TYPING) for bucket in BUCKETS])

    assert await redis.keys() == []


async def test_a_limit_of_ones_own_holds_over_instances_that_share_it(
    redis: RedisClient, valkey: Valkey, clock: FixedClock
) -> None:
    settings = load_settings(redis_url=valkey.url(1), rate_limit_typing="3/10")
    instances = [RateLimiter(redis, settings, clock) for _ in range(3)]
    for instance in instances:
        instance.use_overrides(overrides("typing", "alice", Quota(7, 10)))

    passed = [await accepted(instance, "alice", 5) for instance in instances]

    assert sum(passed) == 7


def test_a_person_is_counted_by_id_but_at_a_login_by_name() -> None:
    somebody = UUID(int=7)
    keys = {bucket: person_key(bucket, somebody, "alice") for bucket in BUCKETS}

    assert keys.pop("login") == login_key("alice") == "name:alice"
    assert set(keys.values()) == {str(somebody)}
