"""Calls that may block for as long as a dead disk or name server likes, waited for no longer."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Whoever gives up waiting leaves its thread behind.

    Not `asyncio.to_thread`, whose threads are waited for at the end of the program.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        if not outcome.done():
            set_outcome()

    def hand_over(set_outcome: Callable[[], None]) -> None:
        # The loop is closed where nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, set_outcome)

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # it is the caller's, who awaits it
            raised = error
            hand_over(lambda: outcome.set_exception(raised))
        else:
            hand_over(lambda: outcome.set_result(result))

    threading.Thread(target=run, daemon=True).start()
    return await outcome
