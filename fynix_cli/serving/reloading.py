"""`fynix serve --reload`: the program begins again when its own files change."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import typer
from hypercorn.utils import check_for_updates, files_to_watch

from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk

POLL_SECONDS = 0.5

Until = Callable[[], Awaitable[object]]


def reload_on_change(run_once: Callable[[Until], bool]) -> None:
    """Serve by `run_once`, which ends when its argument does; when a loaded module's file changes,
    close everything and start the program anew.

    Raises: Exit (the server had to stop by itself).
    """
    has_changed = False

    async def changed() -> None:
        nonlocal has_changed
        files = files_to_watch()
        # Files tell nobody that they changed, without a library of its own for each system.
        while not check_for_updates(files):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        has_changed = True

    is_orderly = run_once(changed)
    if has_changed:
        talk("A file changed; starting again.")
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very program
    if not is_orderly:
        raise typer.Exit(ExitCode.FAILED)
