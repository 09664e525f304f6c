"""The work behind `fynix cleanup vacuum`."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from fynix_cli.local_database import run_on_current_schema
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.output import OutputFormat, print_object, talk
from fynix_server.audit import Act, host_actor, record_act
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.cleanup.storage import measure
from fynix_server.maintenance.cleanup.vacuum import needed_bytes, vacuum_postgres, vacuum_sqlite
from fynix_server.permissions import ServerAct
from fynix_server.settings import Settings

BYTES_PER_SECOND = 50_000_000
"""What a slow disk does, as a first guess at how long it takes."""


def vacuum(reason: str, *, is_confirmed: bool, is_dry_run: bool, output: OutputFormat) -> None:
    """Tell what it takes, ask, do it, and tell what it gave.

    Raises: CommandError (nobody to ask), Conflict (too little room, or the database is busy).
    """

    async def work(settings: Settings) -> Mapping[str, Any]:
        before = await _bytes(settings)
        _tell(settings, before)
        if not is_dry_run:
            confirm_by_name("write the database anew", "vacuum", is_confirmed=is_confirmed)
        began = time.monotonic()
        if not is_dry_run:
            await _vacuum(settings, reason)
        return {
            "dry_run": is_dry_run,
            "bytes_before": before,
            "bytes_after": await _bytes(settings),
            "seconds": round(time.monotonic() - began, 1),
        }

    print_object(run_on_current_schema(work), output)


def _tell(settings: Settings, size: int) -> None:
    if settings.is_sqlite:
        seconds = max(1, round(size / BYTES_PER_SECOND))
        talk(
            f"SQLite writes the file anew: about {seconds} s for {size} bytes. It needs "
            f"{needed_bytes(settings)} bytes of free disk, and nobody can send meanwhile."
        )
        return
    talk(
        "VACUUM makes the room of deleted rows free for new ones and blocks nobody; the files "
        "stay as large. VACUUM FULL makes them smaller, and locks each table until it is done; "
        "pg_repack does it without locking. Both need free disk for a copy of the largest table."
    )


async def _vacuum(settings: Settings, reason: str) -> None:
    if settings.is_sqlite:
        await asyncio.to_thread(vacuum_sqlite, settings)
    else:
        await vacuum_postgres(settings)
    database = Database(settings)
    try:
        async with database.write() as connection:
            act = Act(ServerAct.CLEANUP, "server", None, {}, {"subject": "vacuum"}, reason)
            await record_act(connection, host_actor(), act, utc_now())
    finally:
        await database.close()


async def _bytes(settings: Settings) -> int:
    database = Database(settings)
    try:
        async with database.read() as connection:
            return (await measure(connection)).total_bytes
    finally:
        await database.close()
