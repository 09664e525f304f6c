"""How often somebody may do something: a sliding window in Redis, or here while Redis is away."""

import asyncio
import itertools
import math
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, NamedTuple

import structlog

from fynix_server import metrics
from fynix_server.clock import Clock
from fynix_server.errors import RateLimited
from fynix_server.redis_client import REDIS_ERRORS, RedisClient
from fynix_server.settings import RateLimit, Settings

Bucket = Literal["messages", "api", "login", "ws_connect", "typing"]

BUCKETS: tuple[Bucket, ...] = ("messages", "api", "login", "ws_connect", "typing")

_LOCAL_KEYS = 10_000
_RETRY_REDIS_AFTER_SECONDS = 1.0

# One script, so that of a hundred attempts at once exactly the allowed number pass. A refused
# attempt is not added: hammering must not lengthen the wait. Nor is what is in the window already:
# that is a retry. Times come in as arguments, as whole milliseconds, because tests move the clock
# (and a script may not ask for it everywhere).
_SLIDING_WINDOW = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local count = redis.call('ZCARD', KEYS[1])
local is_known = redis.call('ZSCORE', KEYS[1], ARGV[5])
local is_counted = 0
if not is_known and count < tonumber(ARGV[4]) then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  count = count + 1
  is_counted = 1
end
local is_allowed = (is_known or is_counted == 1) and 1 or 0
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {is_allowed, is_counted, count, oldest[2]}
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LimitState:
    """Where somebody stands in one bucket. `limit` 0: there is no limit, and no header.

    `reset_at` (seconds since 1970) is when the oldest of what was counted leaves the window, so
    when the next one is allowed where `remaining` is 0. Where `is_counted` is False this one cost
    nothing: it is a retry of one that the window holds.
    """

    bucket: str
    limit: int
    remaining: int
    reset_at: int
    reset_after_seconds: int
    window_seconds: int
    is_counted: bool = True

    def headers(self) -> dict[str, str]:
        """The mission's X-RateLimit-* and the IETF's (draft-ietf-httpapi-ratelimit-headers)."""
        if self.limit == 0:
            return {}
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
            "RateLimit-Policy": f'"{self.bucket}";q={self.limit};w={self.window_seconds}',
            "RateLimit": f'"{self.bucket}";r={self.remaining};t={self.reset_after_seconds}',
        }


class LimitReached(RateLimited):
    """RateLimited, with the state that the answer's headers show."""

    def __init__(self, state: LimitState) -> None:
        seconds = state.reset_after_seconds
        super().__init__(
            f"Too many requests (limit {state.bucket!r}: {state.limit} in "
            f"{state.window_seconds} s); try again in {seconds} s.",
            retry_after_seconds=seconds,
            bucket=state.bucket,
        )
        self.state = state


class RateLimiter:
    """Counts per bucket and key in Redis, at `rate_limit:{bucket}:{key}`.

    While Redis is away each process counts for itself: N instances then allow up to N times as
    much, which is better than refusing everybody, or nobody. With a Redis inside this process
    there is one instance, and it counts for itself always.
    """

    def __init__(self, redis: RedisClient, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._is_off = settings.rate_limits == "off"
        self._limits: dict[str, RateLimit] = {
            bucket: getattr(settings, f"rate_limit_{bucket}") for bucket in BUCKETS
        }
        self._shared = None if settings.is_fakeredis else _SharedWindows(redis)
        self._local = _LocalWindows()
        # Two attempts in one millisecond, on any instance, must be two members of the set.
        self._members = map(f"{secrets.token_hex(8)}:{{}}".format, itertools.count())

    async def consume(self, bucket: Bucket, key: str, once: str | None = None) -> LimitState:
        """Count one more against `key`. What is named by `once` counts once in a window.

        Raises: LimitReached (a RateLimited), and then nothing was counted.
        """
        limit = self._limits[bucket]
        if self._is_off:
            return LimitState(bucket, 0, 0, 0, 0, 0)
        now_ms = int(self._clock().timestamp() * 1000)
        window = _Window(
            f"rate_limit:{bucket}:{key}",
            limit.max_count,
            limit.window_seconds * 1000,
            now_ms,
            once or next(self._members),
        )
        shared = await self._shared.take(window) if self._shared else None
        taken = shared or self._local.take(window)
        state = _state(bucket, window, taken)
        if not taken.is_allowed:
            metrics.rate_limit_hits.labels(bucket=bucket).inc()
            raise LimitReached(state)
        return state

    async def give_back(self, bucket: Bucket, key: str, once: str) -> None:
        """Uncount what `once` names: it turned out to cost nothing."""
        if not self._is_off:
            name = f"rate_limit:{bucket}:{key}"
            self._local.give_back(name, once)
            if self._shared:
                await self._shared.give_back(name, once)

    async def close(self) -> None:
        """Stop looking for a Redis that is away. Before the client is closed."""
        if self._shared:
            await self._shared.close()


class _Window(NamedTuple):
    key: str
    limit: int
    length_ms: int
    now_ms: int
    member: str


class _Taken(NamedTuple):
    is_allowed: bool
    is_counted: bool
    in_window: int
    oldest_ms: int


class _SharedWindows:
    """The windows that all instances share, and whether Redis is there to ask."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._script = redis.register_script(_SLIDING_WINDOW)
        self._is_away = False
        self._look_again_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def take(self, window: _Window) -> _Taken | None:
        """None: Redis is away. Only who was asking as it went has waited for its timeout."""
        if self._is_away:
            self._look_for_redis()
            return None
        times = [window.now_ms, window.now_ms - window.length_ms, window.length_ms]
        args: list[int | str] = [*times, window.limit, window.member]
        try:
            answer = await self._script(keys=[window.key], args=args)
        except REDIS_ERRORS as error:
            self._note_away(error)
            return None
        is_allowed, is_counted, count, oldest = answer
        return _Taken(bool(is_allowed), bool(is_counted), int(count), int(float(oldest)))

    async def give_back(self, key: str, member: str) -> None:
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
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])


class _LocalWindows:
    """The same windows in this process; the least recently used leave when there are too many."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, dict[str, int]] = OrderedDict()
        """By key, when each member was counted, oldest first."""

    def take(self, window: _Window) -> _Taken:
        times = self._windows.setdefault(window.key, {})
        self._windows.move_to_end(window.key)
        if len(self._windows) > _LOCAL_KEYS:
            self._windows.popitem(last=False)
        while times and _oldest(times) <= window.now_ms - window.length_ms:
            del times[next(iter(times))]
        is_known = window.member in times
        is_counted = not is_known and len(times) < window.limit
        if is_counted:
            times[window.member] = window.now_ms
        return _Taken(is_known or is_counted, is_counted, len(times), _oldest(times))

    def give_back(self, key: str, member: str) -> None:
        self._windows.get(key, {}).pop(member, None)


def _oldest(times: dict[str, int]) -> int:
    return next(iter(times.values()))


def _state(bucket: str, window: _Window, taken: _Taken) -> LimitState:
    reset_ms = taken.oldest_ms + window.length_ms
    # Rounded up, so that who waits as long as told is not refused again. Instances' clocks may
    # differ a little: the wait is never shown as less than a second or more than the window.
    wait_seconds = math.ceil((reset_ms - window.now_ms) / 1000)
    window_seconds = window.length_ms // 1000
    return LimitState(
        bucket=bucket,
        limit=window.limit,
        remaining=max(0, window.limit - taken.in_window),
        reset_at=math.ceil(reset_ms / 1000),
        reset_after_seconds=min(max(wait_seconds, 1), window_seconds),
        window_seconds=window_seconds,
        is_counted=taken.is_counted,
    )
