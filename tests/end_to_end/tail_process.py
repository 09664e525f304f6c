"""`fynix tail -o jsonl --type new_message` as a process of its own, and what it printed."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from tests.end_to_end.server_process import MAIN
from tests.end_to_end.two_servers import Stored

DEADLINE_SECONDS = 90.0


class TailProcess:
    """`printed`: messages in the order of their lines; `said`: the lines on stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed: list[Stored] = []
        self.said: list[str] = []
        self._changed = asyncio.Condition()
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            asyncio.create_task(self._read(process.stdout, self._note_printed)),
            asyncio.create_task(self._read(process.stderr, self.said.append)),
        ]

    @classmethod
    @asynccontextmanager
    async def running(cls, env: Mapping[str, str], *arguments: str) -> AsyncIterator["TailProcess"]:
        """Start it, and wait until it says that it is connected. Killed if still there at the
        end."""
        process = await asyncio.create_subprocess_exec(
            *MAIN,
            *("tail", "-o", "jsonl", "--type", "new_message", *arguments),
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        tail = cls(process)
        try:
            await tail.until(lambda: "fynix tail: connected" in tail.said)
            yield tail
        finally:
            if process.returncode is None:
                process.kill()
            await tail.ended()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what it prints to make that so, with a deadline."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"printed {len(self.printed)}, said {self.said}") from None

    async def end(self, how: signal.Signals) -> int:
        """Send it a signal; its exit code, once everything that it printed was read."""
        self.process.send_signal(how)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*self._readers)
            return await self.process.wait()

    async def _read(self, stream: asyncio.StreamReader, note: Callable[[str], None]) -> None:
        async for line in stream:
            async with self._changed:
                note(line.decode().rstrip("\n"))
                self._changed.notify_all()

    def _note_printed(self, line: str) -> None:
        frame = json.loads(line)
        self.printed.append(
            (UUID(frame["conversation_id"]), frame["seq"], frame["message"]["content"])
        )
