"""Ctrl-C and its like as one cancellation, so that nothing is left half made or half removed."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Within, the first SIGINT, SIGTERM or SIGHUP cancels this task, and others do nothing: the
    second Ctrl-C of somebody impatient must not stop the tidying up that the first one began."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - it is called by one
    loop = asyncio.get_running_loop()
    is_told = False

    def cancel() -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            task.cancel()

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # What is ignored already stays so, as `nohup` does with SIGHUP.
    wanted = [it for it in numbers if signal.getsignal(it) is not signal.SIG_IGN]
    for number in wanted:
        with contextlib.suppress(NotImplementedError):  # Windows has Ctrl-C alone
            loop.add_signal_handler(number, cancel)
    # Not taken back: the loop does that as it closes, when all is tidied up.
    yield
