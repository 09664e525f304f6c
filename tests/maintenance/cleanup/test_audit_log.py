"""The audit log is cut from its front, and what remains proves where it begins."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fynix_server.audit import Act, record_act
from fynix_server.audit.cutting import CUT, last_cut
from fynix_server.audit_chain.link import GENESIS
from fynix_server.audit_chain.verifying import Mark
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.cleanup.running import Limits
from fynix_server.settings import Settings
from fynix_server.tables import AuditEntry
from tests.maintenance.cleanup.cleaning import HOST, Asked, cleaned, unsound

YEARS_AGO = timedelta(days=1000)


async def write_entries(settings: Settings, moments: list[datetime]) -> None:
    database = Database(settings)
    for moment in moments:
        async with database.write() as connection:
            await record_act(connection, HOST, Act("user.warn", "user", "somebody"), moment)
    await database.close()


async def log_of(settings: Settings) -> tuple[list[Any], Mark | None]:
    database = Database(settings)
    async with database.read() as connection:
        entries = (await connection.execute(select(AuditEntry).order_by(AuditEntry.seq))).all()
        cut = await last_cut(connection)
    await database.close()
    return list(entries), cut


def holds_from(entries: list[Any], cut: Mark | None) -> bool:
    """Whether each entry stands on the one before it, and the first on the cut."""
    before = cut.hash if cut else GENESIS
    for entry in entries:
        if entry.previous_hash != before:
            return False
        before = entry.hash
    return True


async def test_old_entries_go_and_the_rest_begins_at_the_cut(settings: Settings) -> None:
    now = utc_now()
    await write_entries(settings, [now - YEARS_AGO] * 50 + [now])

    done = await cleaned(settings, "audit", Asked(days=730), Limits(20))

    entries, cut = await log_of(settings)
    assert done.removed == {"audit_log": 50}
    assert cut is not None
    assert (cut.seq, entries[0].seq) == (50, 51)
    assert [it.action for it in entries].count(CUT) == 3
    assert holds_from(entries, cut)
    assert await unsound(settings) == {}


async def test_nothing_behind_a_younger_entry_goes(settings: Settings) -> None:
    now = utc_now()
    await write_entries(settings, [now - YEARS_AGO, now, now - YEARS_AGO])

    done = await cleaned(settings, "audit", Asked(days=730))

    entries, cut = await log_of(settings)
    assert done.removed == {"audit_log": 1}
    assert [it.seq for it in entries][:2] == [2, 3]
    assert holds_from(entries, cut)


async def test_a_dry_run_counts_and_cuts_nothing(settings: Settings) -> None:
    await write_entries(settings, [utc_now() - YEARS_AGO] * 50)

    dry = await cleaned(settings, "audit", Asked(days=730, is_dry_run=True), Limits(20))

    assert dry.removed == {"audit_log": 50}
    entries, cut = await log_of(settings)
    assert (len(entries), cut) == (50, None)
