"""Being told to end by another process, in as good order as by Ctrl-C."""

import signal
import threading
from types import FrameType

# A service manager sends SIGTERM, a terminal that is closed SIGHUP, which Windows lacks.
_NAMES = ("SIGTERM", "SIGHUP")


def end_like_ctrl_c() -> None:
    """From here on a SIGTERM or SIGHUP interrupts, so that what is to be done last is done.

    Not outside the main thread, which alone may say what signals do; nor what is ignored
    already, as `nohup` does with SIGHUP.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # As of what a script has begun with `&`: such a SIGINT would end nothing.
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
