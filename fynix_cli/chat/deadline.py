"""A moment until which one waits, and no longer, whatever one waits for."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

CANCEL_AGAIN_SECONDS = 0.2

Outcome = TypeVar("Outcome")


class TimeIsUp(Exception):
    """The deadline has come before the outcome."""


class Deadline:
    """`seconds` from now; None: never."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._at = None if seconds is None else time.monotonic() + seconds

    async def wait_for(self, begin: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """What `begin()` comes to. Raises: TimeIsUp; the work has then ended, too."""
        if self._at is None:
            return await begin()
        seconds_left = self._at - time.monotonic()
        if seconds_left <= 0:
            raise TimeIsUp
        task = asyncio.ensure_future(begin())
        try:
            await asyncio.wait([task], timeout=seconds_left)
            if not task.done():
                # A timer may come a moment early; the deadline comes but once.
                self._at = -math.inf
                raise TimeIsUp
            return task.result()
        finally:
            await _end(task)


async def _end(task: "asyncio.Future[Any]") -> None:
    # Again and again: in Python 3.11 an `asyncio.timeout` that expires at the same moment takes
    # the cancellation for its own, and the work goes on.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)
    if not task.cancelled():
        # Looked at, or asyncio would complain at the end that nobody did.
        task.exception()
