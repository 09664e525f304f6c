"""How often somebody may do something: a sliding window in Redis, or here while Redis is away."""

import itertools
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fynix_server import metrics
from fynix_server.clock import Clock
from fynix_server.errors import RateLimited
from fynix_server.rate_limit.local_windows import LocalWindows
from fynix_server.rate_limit.quotas import Override, Overrides, Quota, login_key, person_key
from fynix_server.rate_limit.shared_windows import SharedWindows
from fynix_server.rate_limit.windows import Taken, Window
from fynix_server.redis_client import RedisClient
from fynix_server.settings import RateLimit, Settings

__all__ = [
    "BUCKETS",
    "Bucket",
    "LimitReached",
    "LimitState",
    "Override",
    "Overrides",
    "Quota",
    "RateLimiter",
    "Use",
    "login_key",
    "person_key",
]

Bucket = Literal["messages", "api", "login", "ws_connect", "typing", "report", "export"]

BUCKETS: tuple[Bucket, ...] = (
    "messages",
    "api",
    "login",
    "ws_connect",
    "typing",
    "report",
    "export",
)


@dataclass(slots=True)
class LimitState:
    """Where somebody stands in one bucket. `limit` 0: there is no limit, and no header.

    `reset_at` (seconds since 1970) is when the next place becomes free: where `remaining` is 0,
    when the next one is allowed. Where `is_counted` is False this one cost
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


@dataclass(frozen=True, slots=True)
class Use:
    """What is counted of somebody in one bucket. `frees_at` (seconds since 1970) is when the next
    place becomes free; None: nothing is counted."""

    count: int
    frees_at: float | None


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
        limits: dict[str, RateLimit] = {
            bucket: getattr(settings, f"rate_limit_{bucket}") for bucket in BUCKETS
        }
        self._defaults = {
            bucket: Quota(limit.max_count, limit.window_seconds) for bucket, limit in limits.items()
        }
        self._overrides: Overrides = {}
        self._shared = None if settings.is_fakeredis else SharedWindows(redis)
        self._local = LocalWindows()
        # Two attempts in one millisecond, on any instance, must be two members of the set.
        self._members = map(f"{secrets.token_hex(8)}:{{}}".format, itertools.count())

    async def consume(self, bucket: Bucket, key: str, once: str | None = None) -> LimitState:
        """Count one more against `key`. What is named by `once` counts once in a window.

        Raises: LimitReached (a RateLimited), and then nothing was counted.
        """
        if self._is_off:
            return _no_limit(bucket)
        now = self._clock()
        quota = self._defaults[bucket]
        if self._overrides:
            own = self._overrides.get((bucket, key))
            if own is not None and own.holds(now):
                if own.quota is None:
                    return _no_limit(bucket)
                quota = own.quota
        window = _window(bucket, key, quota, now, once or next(self._members))
        shared = await self._shared.take(window) if self._shared else None
        taken = shared or self._local.take(window)
        state = _state(bucket, window, taken)
        if not taken.is_allowed:
            metrics.rate_limit_hits.labels(bucket=bucket).inc()
            raise LimitReached(state)
        return state

    @property
    def is_off(self) -> bool:
        return self._is_off

    def default_quota(self, bucket: Bucket) -> Quota:
        """What holds for everybody who has no override."""
        return self._defaults[bucket]

    def use_overrides(self, overrides: Overrides) -> None:
        """Have these in force from now on, and no others. What was counted stays counted."""
        self._overrides = overrides

    async def look(self, asked: Sequence[tuple[Bucket, str, Quota]]) -> tuple[list[Use], bool]:
        """What is counted now of each (bucket, key), reckoned by that quota; nothing is counted.

        True: of all instances together. False: of this one alone, since Redis is away.
        """
        now = self._clock()
        windows = [_window(bucket, key, quota, now, "") for bucket, key, quota in asked]
        found = await self._shared.look(windows) if self._shared else None
        is_of_all = found is not None or self._shared is None
        taken = found or [self._local.look(it) for it in windows]
        return list(map(_use, windows, taken)), is_of_all

    async def forget(self, keys: Sequence[tuple[Bucket, str]]) -> bool:
        """Forget what was counted of each (bucket, key), in Redis and here; the other instances'
        own windows are forgotten by `forget_here` there. False: Redis is away, and keeps its own.
        """
        for bucket, key in keys:
            self.forget_here(bucket, key)
        if self._shared is None:
            return True
        return await self._shared.forget([_name(bucket, key) for bucket, key in keys])

    def forget_here(self, bucket: str, key: str) -> None:
        """Forget what this process counted by itself."""
        self._local.forget(_name(bucket, key))

    async def give_back(self, bucket: Bucket, key: str, once: str) -> None:
        """Uncount what `once` names: it turned out to cost nothing."""
        if not self._is_off:
            name = _name(bucket, key)
            self._local.give_back(name, once)
            if self._shared:
                await self._shared.give_back(name, once)

    async def close(self) -> None:
        """Stop looking for a Redis that is away. Before the client is closed."""
        if self._shared:
            await self._shared.close()


def _name(bucket: str, key: str) -> str:
    return f"rate_limit:{bucket}:{key}"


def _window(bucket: str, key: str, quota: Quota, now: datetime, member: str) -> Window:
    max_count, window_seconds = quota
    now_ms = int(now.timestamp() * 1000)
    return Window(_name(bucket, key), max_count, window_seconds * 1000, now_ms, member)


def _use(window: Window, taken: Taken) -> Use:
    frees_at = (taken.awaited_ms + window.length_ms) / 1000
    return Use(taken.in_window, frees_at if taken.in_window else None)


def _no_limit(bucket: str) -> LimitState:
    return LimitState(bucket, 0, 0, 0, 0, 0, is_counted=False)


def _state(bucket: str, window: Window, taken: Taken) -> LimitState:
    reset_ms = taken.awaited_ms + window.length_ms
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
