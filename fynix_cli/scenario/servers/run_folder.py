"""The temporary folder of a run, which is gone with it, or at the latest with the next run."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "fynix-scenario-"
_OWNER = re.compile(rf"{_NAME}(\d+)-")


@contextmanager
def run_folder() -> Iterator[str]:
    """Removed at the end. What runs that were killed have left behind is removed first."""
    _remove_left_over(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"{_NAME}{os.getpid()}-") as folder:
        yield folder


def _remove_left_over(folder: Path) -> None:
    for left in folder.glob(f"{_NAME}*"):
        owner = _OWNER.match(left.name)
        if owner is not None and not _is_alive(int(owner[1])):
            # Of somebody else it may not be ours to remove.
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
