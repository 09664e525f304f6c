"""Whoever reads what is printed may go (`fynix tail | head -1`): then there is nothing to do."""

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import Coroutine
from typing import Any


async def unless_reader_leaves(work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, whose data goes to stdout, as long as somebody can read it.

    The pipe itself would tell so only at the next line, for which one may wait for ever.

    Raises: BrokenPipeError (stdout is a pipe, and whoever read it has gone), and what `work` does.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    loop, has_left = asyncio.get_running_loop(), False

    def leave() -> None:
        nonlocal has_left
        has_left = True
        loop.remove_reader(sys.stdout.fileno())
        task.cancel()

    if _is_pipe():
        # Nothing is ever read at this end: what wakes the loop is that the other one was closed.
        with contextlib.suppress(NotImplementedError, OSError):  # Windows, an odd kind of pipe
            loop.add_reader(sys.stdout.fileno(), leave)
    try:
        await work
    except asyncio.CancelledError:
        if not has_left or task.uncancel():
            raise
        raise BrokenPipeError from None


def _is_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False
