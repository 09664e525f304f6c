"""One Redis client by URL: a real server's, or fakeredis in this process."""

from typing import Any

import redis.asyncio as redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from fynix_server.settings import Settings

RedisClient = redis.Redis

REDIS_ERRORS = (redis.RedisError, ConnectionError, TimeoutError, OSError)
"""What a Redis that is away raises, one way or another."""


def open_redis(settings: Settings, *, timeout_seconds: float = 1.0) -> RedisClient:
    """A client; connects at its first command. Each `fakeredis://` client shares nothing."""
    if settings.is_fakeredis:
        # A tenth of what a server imports, which one beside a real Redis can do without.
        import fakeredis

        return fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), decode_responses=False)
    client: RedisClient = redis.from_url(
        settings.redis_url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # Once more on a new connection where the old one had died; not where nothing answers:
        # callers have a fallback of their own, and must not wait for two timeouts first.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        protocol=3,
    )
    pool = client.connection_pool
    pool.connection_class = _reporting_closed_lines(pool.connection_class)
    return client


def _reporting_closed_lines(
    connection_class: type[AbstractConnection],
) -> type[AbstractConnection]:
    """`connection_class`, on which a line that closed unnoticed is an error of the connection.

    uvloop raises a bare RuntimeError for writing to a transport that it has closed, which neither
    the client's retry nor anybody who waits for REDIS_ERRORS would take for a dead line.
    """

    class ReportingConnection(connection_class):  # type: ignore[valid-type, misc]
        async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
            try:
                await super().send_packed_command(*arguments, **options)
            except RuntimeError as error:
                raise redis.ConnectionError("the line to Redis has closed") from error

    return ReportingConnection
