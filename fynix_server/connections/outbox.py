"""What waits to be written to one socket, bounded in number and in bytes."""

import asyncio
from sys import getsizeof


class Outbox:
    """Frames that wait to be written, bounded in number and in bytes of memory.

    There is one for each socket, so it is made of what is small: no queues, and no events but
    where a replay waits for room.
    """

    __slots__ = (
        "_bytes",
        "_frames",
        "_in_hand",
        "_is_finished",
        "_max_bytes",
        "_max_frames",
        "_room",
        "_writer",
        "_written",
    )

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._frames: list[str | bytes] = []
        self._in_hand: list[str | bytes] = []
        self._written = 0
        """How many of those in hand are gone."""
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._writer: asyncio.Future[None] | None = None
        """Set where `take` waits for frames."""
        self._room: asyncio.Event | None = None
        self._is_finished = False

    def __len__(self) -> int:
        return len(self._frames) + len(self._in_hand) - self._written

    @property
    def size_bytes(self) -> int:
        """What the frames take in memory: with one emoji in it, four bytes a character."""
        return self._bytes

    @property
    def is_half_full(self) -> bool:
        return len(self) * 2 >= self._max_frames or self._bytes * 2 >= self._max_bytes

    def put(self, frame: str | bytes) -> bool:
        """Append `frame`; False, and nothing appended, where it does not fit."""
        if self._is_finished:
            return True  # the socket is closing: nobody is there to be too slow
        size = getsizeof(frame)
        if len(self) >= self._max_frames or self._bytes + size > self._max_bytes:
            return False
        self._frames.append(frame)
        self._bytes += size
        self._wake_writer()
        return True

    async def take(self) -> list[str | bytes]:
        """Wait for frames, then take all that are there. None of them: there will be no more.

        They count until `note_written`, or until the next `take`: a reader that has stopped
        would otherwise cost twice the bounds. What is written leaves the list, and the memory.
        """
        self.note_written(len(self._in_hand) - self._written)
        self._in_hand.clear()
        self._written = 0
        while not self._frames and not self._is_finished:
            self._writer = asyncio.get_running_loop().create_future()
            await self._writer
        self._in_hand, self._frames = self._frames, []
        return self._in_hand

    def note_written(self, count: int = 1) -> None:
        """The next `count` of the frames taken are gone: there is room for others."""
        for at in range(self._written, self._written + count):
            self._bytes -= getsizeof(self._in_hand[at])
            self._in_hand[at] = ""
        self._written += count
        if self._room is not None:
            self._room.set()

    def finish(self) -> None:
        """Nothing is put in any more: once it is empty, `take` says so."""
        self._is_finished = True
        self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    async def wait_for_room(self) -> None:
        """Return once less than half of it is taken."""
        while self.is_half_full:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()
