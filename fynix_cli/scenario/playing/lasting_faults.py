"""Faults that go on beside the steps, until their time is up, they are healed, or all is over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Undo = Callable[[], Awaitable[None]]


@dataclass
class _Lasting:
    undo: Undo
    timer: asyncio.Task[None] | None = None


class Faults:
    """What is broken now, by whose it is (`bob.phone`; empty: the server's) and its type."""

    def __init__(self) -> None:
        self._lasting: dict[tuple[str, str], _Lasting] = {}

    async def begin(self, owner: str, kind: str, undo: Undo, seconds: float | None) -> None:
        """`undo` mends it, after `seconds`; None: when it is healed."""
        await self._end(owner, kind)
        lasting = _Lasting(undo)
        self._lasting[owner, kind] = lasting
        if seconds is not None:
            lasting.timer = asyncio.create_task(self._end_after(owner, kind, seconds))

    async def heal(self, owner: str) -> None:
        """End all of one owner's. Raises: what mending raises."""
        for whose, kind in list(self._lasting):
            if whose == owner:
                await self._end(whose, kind)

    async def close(self) -> None:
        """End all. Raises: what mending raises."""
        for owner, kind in list(self._lasting):
            await self._end(owner, kind)

    async def _end_after(self, owner: str, kind: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # Mended under the key, so that whoever heals meanwhile waits for it by the same task.
        await self._lasting[owner, kind].undo()
        del self._lasting[owner, kind]

    async def _end(self, owner: str, kind: str) -> None:
        lasting = self._lasting.get((owner, kind))
        if lasting is None:
            return
        timer = lasting.timer
        if timer is None:
            del self._lasting[owner, kind]
            await lasting.undo()
        elif timer.done():
            del self._lasting[owner, kind]
            timer.result()  # it could not be mended
        else:
            timer.cancel()
            await asyncio.wait([timer])
            if self._lasting.pop((owner, kind), None) is not None:
                await lasting.undo()
