"""Rate limits on fakeredis and on a real Valkey."""

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


@pytest.fixture(params=["fakeredis", "valkey"])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[RedisClient]:
    url = "fakeredis://"
    if request.param == "valkey":
        server: Valkey = request.getfixturevalue("valkey")
        url = server.url(1)
    client = open_redis(load_settings(redis_url=url), timeout_seconds=5)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def limiter(redis: RedisClient, clock: FixedClock) -> RateLimiter:
    return RateLimiter(redis, load_settings(rate_limit_typing="3/10"), clock)
