"""One Redis client by URL: a real server's, or fakeredis in this process."""

import fakeredis
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from fynix_server.settings import Settings

RedisClient = redis.Redis

REDIS_ERRORS = (redis.RedisError, ConnectionError, TimeoutError, OSError)
"""What a Redis that is away raises, one way or another."""


def open_redis(settings: Settings, *, timeout_seconds: float = 1.0) -> RedisClient:
    """A client; connects at its first command. Each `fakeredis://` client shares nothing."""
    if settings.is_fakeredis:
        return fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), decode_responses=False)
    return redis.from_url(
        settings.redis_url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # Callers have a fallback of their own, and must not wait for several attempts first.
        retry=Retry(NoBackoff(), 1),
        protocol=3,
    )
