"""Rate limits of an instance alone, and of instances that share a Valkey."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from fynix_cli.stack.valkey import Valkey
from fynix_server.rate_limit import RateLimiter
from fynix_server.redis_client import RedisClient, open_redis
from fynix_server.settings import load_settings


class FixedClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[RedisClient]:
    client = open_redis(load_settings(redis_url=valkey.url(1)), timeout_seconds=5)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def shared_limiter(redis: RedisClient, valkey: Valkey, clock: FixedClock) -> RateLimiter:
    settings = load_settings(rate_limit_typing="3/10", redis_url=valkey.url(1))
    return RateLimiter(redis, settings, clock)


@pytest.fixture(params=["alone", "shared"])
def limiter(request: pytest.FixtureRequest, clock: FixedClock) -> RateLimiter:
    if request.param == "shared":
        shared: RateLimiter = request.getfixturevalue("shared_limiter")
        return shared
    settings = load_settings(rate_limit_typing="3/10")
    return RateLimiter(open_redis(settings), settings, clock)
