"""Whether Redis answers, forgets nothing by itself, and carries what one publishes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from redis.exceptions import AuthenticationError, ResponseError

from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.surroundings import Surroundings
from fynix_server.redis_client import REDIS_ERRORS, RedisClient, open_redis
from fynix_server.settings import Settings

ANSWER_SECONDS = 2.0
NEARLY_FULL = 0.9
MIB = 2**20

_tell = Teller("redis")


async def check_redis(around: Surroundings) -> AsyncIterator[Found]:
    """Publishes one message, on a channel that nobody else listens to."""
    if why := around.why_unknown("redis_url"):
        yield _tell.skipped("answers", why)
        return
    if around.settings.is_fakeredis:
        yield _tell.ok("answers", "fakeredis: none is used, and one process stands alone")
        return
    where = place_of(around.settings)
    async with redis_of(around.settings) as redis:
        try:
            yield await _answers(redis, where)
            yield judge_memory(await redis.info("memory"))
            yield await _pubsub(redis)
        except REDIS_ERRORS as error:
            yield _refusal(where, error)


@asynccontextmanager
async def redis_of(settings: Settings) -> AsyncIterator[RedisClient]:
    redis = open_redis(settings, timeout_seconds=ANSWER_SECONDS)
    try:
        yield redis
    finally:
        await redis.aclose()


def place_of(settings: Settings) -> str:
    """Where Redis is, without the password that its URL may hold."""
    parts = urlsplit(settings.redis_url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


async def _answers(redis: RedisClient, where: str) -> Found:
    await redis.ping()
    # The first one opens the connection as well.
    began = perf_counter()
    await redis.ping()
    milliseconds = (perf_counter() - began) * 1000
    server = await redis.info("server")
    name = "Valkey" if "valkey_version" in server else "Redis"
    version = server.get("valkey_version") or server.get("redis_version")
    return _tell.ok("answers", f"{name} {version}, {where}, {milliseconds:.1f} ms")


def judge_memory(memory: dict[str, Any]) -> Found:
    """What its INFO of memory means for limits, which it must not drop before their time."""
    most, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
    policy = str(memory.get("maxmemory_policy", "unknown"))
    limit = f"of {most / MIB:.0f} MiB" if most else "without a limit"
    said = f"{used / MIB:.1f} MiB {limit}, maxmemory-policy {policy}"
    if most and policy != "noeviction":
        return _tell.warning(
            "memory",
            f"{said}: when it is full it drops rate limits and tickets",
            "run: redis-cli CONFIG SET maxmemory-policy noeviction",
        )
    if most and used > NEARLY_FULL * most:
        return _tell.warning(
            "memory",
            f"{said}: nearly full, and then it takes nothing more",
            "give it more: redis-cli CONFIG SET maxmemory …",
        )
    return _tell.ok("memory", said)


async def _pubsub(redis: RedisClient) -> Found:
    channel, word = f"fynix_doctor:{uuid4()}", b"heard"
    async with redis.pubsub() as listener:
        await listener.subscribe(channel)
        began = perf_counter()
        await redis.publish(channel, word)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                async for message in listener.listen():
                    if message["type"] == "message":
                        break
        except TimeoutError:
            return _tell.failed(
                "pubsub",
                "what is published does not arrive: instances do not hear of one another",
                "let its user publish and subscribe: redis-cli ACL LIST",
            )
    milliseconds = (perf_counter() - began) * 1000
    return _tell.ok("pubsub", f"what is published arrives, in {milliseconds:.1f} ms")


def _refusal(where: str, error: BaseException) -> Found:
    if isinstance(error, AuthenticationError):
        return _tell.failed(
            "answers", f"{where} refuses the name or the password", "correct REDIS_URL"
        )
    if isinstance(error, ResponseError):
        mend = "let the user of REDIS_URL do that: redis-cli ACL SETUSER …"
        return _tell.failed("answers", f"{where} refuses a command: {error}", mend)
    return _tell.failed(
        "answers",
        f"nobody answers at {where}; a server would be degraded",
        "start it, or correct REDIS_URL (redis-cli -u … ping)",
    )
