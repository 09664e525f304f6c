"""The window itself, in this process and in Redis."""

import asyncio

import pytest

from fynix_cli.stack.valkey import Valkey
from fynix_server import metrics
from fynix_server.errors import RateLimited
from fynix_server.rate_limit import LimitReached, LimitState, RateLimiter
from fynix_server.redis_client import RedisClient
from fynix_server.settings import load_settings
from tests.rate_limit.conftest import FixedClock


async def _attempt(limiter: RateLimiter, key: str) -> bool:
    try:
        await limiter.consume("messages", key)
    except RateLimited:
        return False
    return True


async def test_of_a_hundred_at_once_from_one_person_exactly_thirty_pass(
    limiter: RateLimiter,
) -> None:
    passed = await asyncio.gather(*(_attempt(limiter, "alice") for _ in range(100)))

    assert sum(passed) == 30


async def test_what_is_refused_is_not_kept_in_redis(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await asyncio.gather(*(_attempt(shared_limiter, "alice") for _ in range(100)))

    assert await redis.zcard("rate_limit:messages:alice") == 30


async def test_of_a_hundred_at_once_over_four_instances_exactly_thirty_pass(
    redis: RedisClient, valkey: Valkey, clock: FixedClock
) -> None:
    settings = load_settings(redis_url=valkey.url(1))
    instances = [RateLimiter(redis, settings, clock) for _ in range(4)]

    passed = await asyncio.gather(
        *(_attempt(instances[number % 4], "alice") for number in range(100))
    )

    assert sum(passed) == 30


async def test_everybody_has_a_window_of_their_own_in_each_bucket(limiter: RateLimiter) -> None:
    for _ in range(3):
        await limiter.consume("typing", "alice")

    with pytest.raises(RateLimited):
        await limiter.consume("typing", "alice")

    assert (await limiter.consume("typing", "bob")).remaining == 2
    assert (await limiter.consume("messages", "alice")).remaining == 29


async def test_the_window_slides_and_does_not_start_anew_each_minute(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    await limiter.consume("typing", "alice")
    clock.advance(6)
    await limiter.consume("typing", "alice")
    await limiter.consume("typing", "alice")

    clock.advance(4)

    # Only the first has left the window of ten seconds.
    assert (await limiter.consume("typing", "alice")).remaining == 0
    with pytest.raises(RateLimited) as refused:
        await limiter.consume("typing", "alice")
    assert refused.value.retry_after_seconds == 6


async def test_refused_attempts_do_not_lengthen_the_wait(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    for _ in range(3):
        await limiter.consume("typing", "alice")
    for _ in range(9):
        clock.advance(1)
        with pytest.raises(RateLimited):
            await limiter.consume("typing", "alice")

    clock.advance(1)

    assert (await limiter.consume("typing", "alice")).remaining == 2


async def test_who_waits_as_long_as_told_is_not_refused_again(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    clock.advance(0.0007)
    for _ in range(3):
        await limiter.consume("typing", "alice")
        clock.advance(0.9994)
    with pytest.raises(RateLimited) as refused:
        await limiter.consume("typing", "alice")

    clock.advance(refused.value.retry_after_seconds)

    assert (await limiter.consume("typing", "alice")).limit == 3


async def test_what_is_given_back_can_be_used_again(limiter: RateLimiter) -> None:
    for once in ("one", "two", "three"):
        await limiter.consume("typing", "alice", once)

    await limiter.give_back("typing", "alice", "two")

    assert (await limiter.consume("typing", "alice")).remaining == 0
    assert not (await limiter.consume("typing", "alice", "one")).is_counted
    with pytest.raises(RateLimited):
        await limiter.consume("typing", "alice")


async def test_what_is_named_counts_once_in_a_window_even_where_nothing_is_left(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    states = await asyncio.gather(*(limiter.consume("typing", "alice", "same") for _ in range(50)))
    assert sorted(it.is_counted for it in states) == [False] * 49 + [True]
    assert {it.remaining for it in states} == {2}
    clock.advance(5)
    for _ in range(2):
        await limiter.consume("typing", "alice")

    again = await limiter.consume("typing", "alice", "same")

    assert (again.is_counted, again.remaining, again.reset_after_seconds) == (False, 0, 5)
    with pytest.raises(RateLimited):
        await limiter.consume("typing", "alice", "another")
    # It did not stay longer for being named again.
    clock.advance(5)
    assert (await limiter.consume("typing", "alice", "same")).is_counted


async def test_a_state_says_what_is_left_and_when_the_oldest_leaves(
    limiter: RateLimiter, clock: FixedClock
) -> None:
    began = int(clock().timestamp())
    await limiter.consume("messages", "alice")
    clock.advance(19)

    state = await limiter.consume("messages", "alice")

    assert state == LimitState("messages", 30, 28, began + 60, 41, 60)
    assert state.headers() == {
        "X-RateLimit-Limit": "30",
        "X-RateLimit-Remaining": "28",
        "X-RateLimit-Reset": str(began + 60),
        "RateLimit-Policy": '"messages";q=30;w=60',
        "RateLimit": '"messages";r=28;t=41',
    }


async def test_a_refusal_carries_the_state_and_is_counted_as_a_metric(
    limiter: RateLimiter,
) -> None:
    counter = metrics.rate_limit_hits.labels(bucket="typing")
    before = counter._value.get()
    for _ in range(3):
        await limiter.consume("typing", "alice")

    with pytest.raises(LimitReached) as refused:
        await limiter.consume("typing", "alice")

    assert refused.value.state.remaining == 0
    assert refused.value.retry_after_seconds == refused.value.state.reset_after_seconds == 10
    assert refused.value.bucket == "typing"
    assert counter._value.get() == before + 1


async def test_a_window_leaves_redis_by_itself(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await shared_limiter.consume("typing", "alice")

    assert 0 < await redis.pttl("rate_limit:typing:alice") <= 10_000


async def test_a_redis_that_forgot_the_script_is_taught_it_by_many_at_once(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await redis.script_flush()

    passed = await asyncio.gather(*(_attempt(shared_limiter, "alice") for _ in range(100)))

    assert sum(passed) == 30


async def test_many_at_once_are_asked_for_in_few_round_trips(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await shared_limiter.consume("messages", "alice")
    reads_before = (await redis.info("stats"))["total_reads_processed"]

    await asyncio.gather(*(_attempt(shared_limiter, "alice") for _ in range(100)))

    # Itself included, and whatever a reader of so many answers needs.
    assert (await redis.info("stats"))["total_reads_processed"] - reads_before <= 10


async def test_a_redis_that_forgot_the_script_is_taught_it_again(
    shared_limiter: RateLimiter, redis: RedisClient
) -> None:
    await shared_limiter.consume("typing", "alice")

    await redis.script_flush()

    assert (await shared_limiter.consume("typing", "alice")).remaining == 1


async def test_keys_with_spaces_colons_and_braces_stay_apart(limiter: RateLimiter) -> None:
    for key in ("a b", "a:b", "{a}b", "a\nb", "ä"):
        assert (await limiter.consume("typing", key)).remaining == 2


async def test_switched_off_nothing_is_counted_and_no_header_shown(
    redis: RedisClient, valkey: Valkey, clock: FixedClock
) -> None:
    settings = load_settings(rate_limits="off", rate_limit_typing="1/10", redis_url=valkey.url(1))
    limiter = RateLimiter(redis, settings, clock)

    states = [await limiter.consume("typing", "alice") for _ in range(5)]
    await limiter.give_back("typing", "alice", "once")

    assert [state.headers() for state in states] == [{}] * 5
    assert await redis.keys() == []
