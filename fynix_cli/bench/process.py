"""Processes of a benchmark: what this one may do, and other commands that it runs."""

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence

from fynix_cli.errors import CommandError


def allow_many_files() -> None:
    """Let this process, and the server that it starts, open as many sockets as the system allows:
    shells set a limit of a thousand, which is meant to be raised by those who need more."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS says more than it grants
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def run_to_its_end(command: Sequence[str], env: Mapping[str, str]) -> bytes:
    """What `command` prints. Raises: CommandError (it fails), with its last line."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise CommandError(f"{command[-1]} failed", hint=last[0] if last else None)
    return out
