"""Sliding windows in Redis, which all instances share."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from fynix_server.batcher import Batcher
from fynix_server.rate_limit.windows import Taken, Window
from fynix_server.redis_client import REDIS_ERRORS, RedisClient

_RETRY_REDIS_AFTER_SECONDS = 1.0
_MAX_TOGETHER = 200
"""Windows in one call: Redis does nothing else meanwhile."""

# One script, so that of a hundred attempts at once exactly the allowed number pass. A refused
# attempt is not added: hammering must not lengthen the wait. Nor is what is in the window already:
# that is a retry. Times come in as arguments, as whole milliseconds, because tests move the clock
# (and a script may not ask for it everywhere).
# Many windows in one call, since it is the calls that cost; on one Redis, not on a cluster of them.
_SLIDING_WINDOWS = """
local answers = {}
for number, key in ipairs(KEYS) do
  local now, begins, length, limit, member = unpack(ARGV, number * 5 - 4, number * 5)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', begins)
  local count = redis.call('ZCARD', key)
  local is_known = redis.call('ZSCORE', key, member)
  local is_counted = 0
  if not is_known and count < tonumber(limit) then
    redis.call('ZADD', key, now, member)
    redis.call('PEXPIRE', key, length)
    count = count + 1
    is_counted = 1
  end
  local is_allowed = (is_known or is_counted == 1) and 1 or 0
  local too_many = math.max(0, count - tonumber(limit))
  local awaited = redis.call('ZRANGE', key, too_many, too_many, 'WITHSCORES')
  answers[number] = {is_allowed, is_counted, count, awaited[2]}
end
return answers
"""

# The same windows, without one more. It writes nothing: what is too old is left out, and stays.
_LOOK = """
local answers = {}
for number, key in ipairs(KEYS) do
  local now, begins, length, limit = unpack(ARGV, number * 5 - 4, number * 5)
  local count = redis.call('ZCOUNT', key, '(' .. begins, '+inf')
  local too_many = math.max(0, count - tonumber(limit))
  local awaited = redis.call(
    'ZRANGEBYSCORE', key, '(' .. begins, '+inf', 'WITHSCORES', 'LIMIT', too_many, 1)
  answers[number] = {count < tonumber(limit) and 1 or 0, 0, count, awaited[2] or now}
end
return answers
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SharedWindows:
    """The windows in Redis, and whether it is there to ask."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._script = redis.register_script(_SLIDING_WINDOWS)
        self._look_script = redis.register_script(_LOOK)
        self._batcher = Batcher(self._answers, at_most=_MAX_TOGETHER, name="rate_limits_ask")
        self._is_away = False
        self._look_again_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def take(self, window: Window) -> Taken | None:
        """None: Redis is away. Only who was asking as it went has waited for its timeout."""
        if self._is_away:
            self._look_for_redis()
            return None
        return await self._batcher.ask(window)

    async def _answers(self, windows: Sequence[Window]) -> Sequence[Taken | None]:
        if self._is_away:
            return [None] * len(windows)
        try:
            answers: list[list[bytes]] = await self._script(
                keys=[window.key for window in windows],
                args=[it for window in windows for it in _arguments(window)],
            )
        except REDIS_ERRORS as error:
            self._note_away(error)
            return [None] * len(windows)
        return [_taken(it) for it in answers]

    async def look(self, windows: Sequence[Window]) -> list[Taken] | None:
        """What they hold, without one more. None: Redis is away."""
        if self._is_away:
            self._look_for_redis()
            return None
        try:
            answers: list[list[bytes]] = await self._look_script(
                keys=[window.key for window in windows],
                args=[it for window in windows for it in _arguments(window)],
            )
        except REDIS_ERRORS as error:
            self._note_away(error)
            return None
        return [_taken(it) for it in answers]

    async def forget(self, keys: Sequence[str]) -> bool:
        """Empty these windows. False: Redis is away, and keeps them."""
        try:
            await self._redis.delete(*keys)
        except REDIS_ERRORS as error:
            self._note_away(error)
            return False
        return True

    async def give_back(self, key: str, member: str) -> None:
        """Take `member` out again."""
        if self._is_away:
            return
        try:
            await self._redis.zrem(key, member)
        except REDIS_ERRORS as error:
            # It stays counted until it leaves the window: harmless, and nothing else would help.
            self._note_away(error)

    def _note_away(self, error: Exception) -> None:
        self._look_again_at = time.monotonic() + _RETRY_REDIS_AFTER_SECONDS
        if not self._is_away:
            self._is_away = True
            log.warning("rate_limits_fell_back", reason=type(error).__name__)

    def _look_for_redis(self) -> None:
        """Ask whether it is back, once a second, and beside the requests: none waits for it."""
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and time.monotonic() >= self._look_again_at:
            self._looking = asyncio.create_task(self._look(), name="rate_limits_look_for_redis")

    async def _look(self) -> None:
        now_ms = int(time.time() * 1000)
        try:
            # Not a ping: a Redis that is full, or a replica, would answer it and count nothing.
            await self._script(keys=["rate_limit:look"], args=[now_ms, 0, 1000, 1, "look"])
        except REDIS_ERRORS as error:
            self._note_away(error)
        else:
            self._is_away = False
            log.info("rate_limits_shared_again")

    async def close(self) -> None:
        await self._batcher.close()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])


def _arguments(window: Window) -> list[int | str]:
    begins_ms = window.now_ms - window.length_ms
    return [window.now_ms, begins_ms, window.length_ms, window.limit, window.member]


def _taken(answer: Sequence[bytes]) -> Taken:
    is_allowed, is_counted, count, awaited = answer
    return Taken(bool(is_allowed), bool(is_counted), int(count), int(float(awaited)))
