"""Being told to end while private servers run."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Builds that are cancelled send the first, terminals that are closed the second.
_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Within, a SIGTERM or SIGHUP that would end this process at once interrupts it like Ctrl-C,
    so that nothing is left behind. Only in the main thread, which alone may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    changed = [it for it in numbers if signal.getsignal(it) == signal.SIG_DFL]
    interrupt = _interrupter(os.getpid())
    for number in changed:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in changed:
            if signal.getsignal(number) is interrupt:
                signal.signal(number, signal.SIG_DFL)


def _interrupter(own_pid: int) -> Callable[[int, FrameType | None], Any]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() == own_pid:
            signal.raise_signal(signal.SIGINT)
            return
        # Somebody's test has forked: its child ends as it would have without us.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    return interrupt
