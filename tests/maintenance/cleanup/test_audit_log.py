"""The audit log is cut from its front, and what remains proves where it begins."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fynix_server.audit import Act, record_act
from fynix_server.audit.verifying import verify_log
from fynix_server.audit_chain.verifying import CUT_ACTION, Verdict
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


async def log_of(settings: Settings) -> tuple[list[Any], Verdict]:
    database = Database(settings)
    async with database.read() as connection:
        entries = (await connection.execute(select(AuditEntry).order_by(AuditEntry.seq))).all()
    verdict = await verify_log(database, None, lambda count: None)
    await database.close()
    return list(entries), verdict


async def test_old_entries_go_and_the_rest_begins_at_the_cut(settings: Settings) -> None:
    now = utc_now()
    await write_entries(settings, [now - YEARS_AGO] * 50 + [now])

    done = await cleaned(settings, "audit", Asked(days=730), Limits(20))

    entries, verdict = await log_of(settings)
    assert done.removed == {"audit_log": 50}
    assert entries[0].seq == 51
    cuts = [it.seq for it in entries if it.action == CUT_ACTION]
    assert len(cuts) == 3
    assert (verdict.broken, verdict.begins_after.seq, verdict.cut_by) == (None, 50, cuts[-1])
    assert await unsound(settings) == {}


async def test_nothing_behind_a_younger_entry_goes(settings: Settings) -> None:
    now = utc_now()
    await write_entries(settings, [now - YEARS_AGO, now, now - YEARS_AGO])

    done = await cleaned(settings, "audit", Asked(days=730))

    entries, verdict = await log_of(settings)
    assert done.removed == {"audit_log": 1}
    assert [it.seq for it in entries][:2] == [2, 3]
    assert (verdict.broken, verdict.begins_after.seq) == (None, 1)


async def test_a_dry_run_counts_and_cuts_nothing(settings: Settings) -> None:
    await write_entries(settings, [utc_now() - YEARS_AGO] * 50)

    dry = await cleaned(settings, "audit", Asked(days=730, is_dry_run=True), Limits(20))

    assert dry.removed == {"audit_log": 50}
    entries, verdict = await log_of(settings)
    assert (len(entries), verdict.broken, verdict.cut_by) == (50, None, None)
