"""A real terminal of 80×24 for commands that behave otherwise at one."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from tests.cli.terminal import DEADLINE_SECONDS

ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
MAIN = (sys.executable, "-c", "from fynix_cli.main import main; main()")


class Pty:
    """A command that has a terminal of 80×24 for itself."""

    def __init__(self, process: asyncio.subprocess.Process, end: int) -> None:
        self.process = process
        self.out = b""
        self._end = end
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(end, self._read)

    def _read(self) -> None:
        try:
            chunk = os.read(self._end, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            # Linux says EIO when the last process at the terminal is gone.
            asyncio.get_running_loop().remove_reader(self._end)
        self.out += chunk
        self._changed.set()

    async def shows(self, text: bytes) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while text not in self.out:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {text!r} in {self.out[-2000:]!r}") from None

    def type(self, keys: bytes) -> None:
        os.write(self._end, keys)

    async def exit_code(self) -> int:
        """Wait until it ends. One that had the whole screen must have left it."""
        code = await asyncio.wait_for(self.process.wait(), DEADLINE_SECONDS)
        if ENTER_SCREEN in self.out:
            await self.shows(LEAVE_SCREEN)
        return code

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)


@contextlib.asynccontextmanager
async def in_pty(*arguments: str, **environment: str) -> AsyncIterator[Pty]:
    """`fynix` in a terminal, ended with the block."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    terminal = Pty(process, ours)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        terminal.close()
