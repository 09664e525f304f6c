"""Other commands, run for a benchmark."""

import asyncio
from collections.abc import Mapping, Sequence

from fynix_cli.errors import CommandError


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
