"""Sliding windows in Redis, which all instances share."""

import asyncio
import time
from collections.abc import Sequence

import structlog

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
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  answers[number] = {is_allowed, is_counted, count, oldest[2]}
end
return answers
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_Asked = tuple[Window, "asyncio.Future[Taken | None]"]


class SharedWindows:
    """The windows in Redis, and whether it is there to ask.

    What is asked while an answer is on its way goes together in the next call, so that many at
    once pay a fraction of it each; a lone one goes at once.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._script = redis.register_script(_SLIDING_WINDOWS)
        self._asked: list[_Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._is_away = False
        self._look_again_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def take(self, window: Window) -> Taken | None:
        """None: Redis is away. Only who was asking as it went has waited for its timeout."""
        if self._is_away:
            self._look_for_redis()
            return None
        answer: asyncio.Future[Taken | None] = asyncio.get_running_loop().create_future()
        self._asked.append((window, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="rate_limits_ask")
        return await answer

    async def _ask(self) -> None:
        """Ask whatever was asked for, until nothing is left."""
        try:
            while self._asked:
                batch, self._asked = self._asked[:_MAX_TOGETHER], self._asked[_MAX_TOGETHER:]
                try:
                    answers = await self._answers([window for window, _ in batch])
                except Exception as error:  # a bug: it must not leave them waiting for ever
                    _settle(batch, error)
                else:
                    _settle(batch, answers)
        finally:
            self._asking = None

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
        tasks = [it for it in (self._asking, self._looking) if it is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _settle(batch: Sequence[_Asked], answers: Sequence[Taken | None] | Exception) -> None:
    for number, (_, future) in enumerate(batch):
        if future.done():  # its caller has gone away
            continue
        if isinstance(answers, Exception):
            future.set_exception(answers)
        else:
            future.set_result(answers[number])


def _arguments(window: Window) -> list[int | str]:
    begins_ms = window.now_ms - window.length_ms
    return [window.now_ms, begins_ms, window.length_ms, window.limit, window.member]


def _taken(answer: Sequence[bytes]) -> Taken:
    is_allowed, is_counted, count, oldest = answer
    return Taken(bool(is_allowed), bool(is_counted), int(count), int(float(oldest)))
