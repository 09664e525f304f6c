"""The work behind `fynix audit export`: the log as JSON lines, oldest first."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from fynix_cli.client.audit import AuditClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.people import Caller
from fynix_cli.output import talk, to_json
from fynix_cli.session import rest_client
from fynix_server.audit_chain.verifying import Mark
from fynix_server.protocol.audit import MAX_ENTRIES, AuditEntryLine, AuditListResponse

_NAMES = {"actor_name", "target_name"}
"""Not of the log: what people are called now, which they may have erased one day."""


def export_log(caller: Caller, path: Path | None, after_seq: int) -> None:
    """Write every entry past `after_seq` to a new file, or (None) to stdout.

    Raises: CommandError (the file is there already, or cannot be made).
    """
    if path is None:
        count, last = asyncio.run(_write(caller, sys.stdout, after_seq))
    else:
        count, last = _write_file(caller, path, after_seq)
    talk(f"Exported {count} entries.")
    if last is not None:
        talk(f"The last is {last}; keep that apart from the file.")


def _write_file(caller: Caller, path: Path, after_seq: int) -> tuple[int, Mark | None]:
    # Reasons and names stand in it: it is for whoever asked, and for nobody else.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            return asyncio.run(_write(caller, file, after_seq))
    except FileExistsError:
        raise CommandError(
            f"{path} is there already", hint="name another", exit_code=ExitCode.CONFLICT
        ) from None
    except IsADirectoryError:
        raise CommandError(f"{path} is a folder", exit_code=ExitCode.USAGE) from None


async def _write(caller: Caller, file: IO[str], after_seq: int) -> tuple[int, Mark | None]:
    count, last = 0, None
    async with rest_client(caller.profile, caller.server) as rest:
        async for page in pages(AuditClient(rest.http), after_seq):
            for entry in page.entries:
                file.write(to_json(entry.model_dump(mode="json", exclude=_NAMES)) + "\n")
                last = Mark(entry.seq, entry.hash)
            count += len(page.entries)
    file.flush()
    return count, last


async def pages(client: AuditClient, after_seq: int) -> AsyncIterator[AuditListResponse]:
    """The log from there on, oldest first, up to its end."""
    while True:
        page = await client.entries(after_seq=after_seq, limit=MAX_ENTRIES)
        yield page
        if not page.has_more:
            return
        after_seq = page.entries[-1].seq


def line_of(text: bytes) -> AuditEntryLine:
    """A line of an export. Raises: ValueError (it is none)."""
    return AuditEntryLine.model_validate_json(text)
