"""Cleaning up the database of a test, at a later day, and looking whether it is sound then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from fynix_server.audit import Actor
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.cleanup.running import Advance, Cleaned, Limits, Site, Wanted, clean
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Subject
from fynix_server.maintenance.doctor.examination import examine
from fynix_server.settings import Settings

HOST = Actor("host", "somebody@here")
UNLIMITED = Limits()


@dataclass(frozen=True)
class Asked:
    """In days: how old what goes must be, how long ago it was deleted, how much later it is."""

    days: float | None = None
    deleted_days: float | None = None
    later_days: float = 0
    is_dry_run: bool = False


def wanted(subject: Subject, asked: Asked, now: datetime | None = None) -> Wanted:
    begun = (now or utc_now()) + timedelta(days=asked.later_days)

    def ago(days: float | None) -> datetime | None:
        return None if days is None else begun - timedelta(days=days)

    cutoffs = Cutoffs(begun, ago(asked.days), ago(asked.deleted_days))
    options = {"days": str(asked.days), "deleted": str(asked.deleted_days)}
    return Wanted(subject, cutoffs, options, HOST, "because", asked.is_dry_run)


async def cleaned(
    settings: Settings,
    subject: Subject,
    asked: Asked,
    limits: Limits = UNLIMITED,
    advance: Advance = lambda count: None,
) -> Cleaned:
    """Clean up as the command does."""
    database = Database(settings)
    try:
        return await clean(Site(database, advance=advance), wanted(subject, asked), limits)
    finally:
        await database.close()


async def unsound(settings: Settings) -> dict[str, Any]:
    """What the doctor finds broken, by name."""
    results = await examine(settings, lambda count: None)
    return {it.invariant.name: it.finding.examples for it in results if it.is_broken}


async def rows_of(settings: Settings, table: Any) -> int:
    database = Database(settings)
    try:
        async with database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    finally:
        await database.close()
