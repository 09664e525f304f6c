"""Taking turns in the event loop, so that one round of it stays short however much is said."""

import asyncio
from collections import deque

AT_ONCE = 16
"""Frames in one round: some two milliseconds."""


class Turns:
    """Lets a few go on in each round of the event loop; the others stand in line.

    A plain `sleep(0)` lets everybody go on in every round: with hundreds who always have more to
    say, a round takes a tenth of a second, and whatever else goes on waits for several.
    """

    def __init__(self) -> None:
        self._line: deque[asyncio.Future[None]] = deque()
        self._is_calling = False

    async def take(self) -> None:
        """Return when it is the caller's turn, in another round than this one."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._line.append(turn)
        if not self._is_calling:
            self._is_calling = True
            loop.call_soon(self._call, loop)
        await turn

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        called = 0
        while self._line and called < AT_ONCE:
            turn = self._line.popleft()
            if not turn.done():  # else whoever waited has gone
                turn.set_result(None)
                called += 1
        self._is_calling = bool(self._line)
        if self._is_calling:
            loop.call_soon(self._call, loop)
