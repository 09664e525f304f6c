"""The work behind `fynix cleanup`."""

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fynix_cli.cleaning.orders import Order
from fynix_cli.local_database import run_on_current_schema
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.output import OutputFormat, print_object, print_rows, progress, talk
from fynix_server.audit import host_actor
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.cleanup.running import (
    Cleaned,
    Limits,
    Site,
    Wanted,
    clean,
    count_keys,
)
from fynix_server.maintenance.cleanup.runs import last_runs, moments
from fynix_server.maintenance.cleanup.storage import Room, measure
from fynix_server.settings import Settings

ROOM_COLUMNS = ("table", "rows_before", "rows_after", "bytes_before", "bytes_after")
RUN_COLUMNS = ("id", "subject", "state", "started_at", "removed")
COUNTING_SECONDS = 3600
GOES: Mapping[str, str] = {
    "messages": "messages",
    "sessions": "sessions",
    "receipts": "receipts",
    "events": "events",
    "audit": "audit entries",
}


@dataclass(frozen=True)
class Conduct:
    """How to go about it."""

    reason: str
    limits: Limits
    is_dry_run: bool
    is_confirmed: bool


def clean_up(orders: Sequence[Order], conduct: Conduct, output: OutputFormat) -> None:
    """Tell what goes, ask, remove it, and tell the room before and after.

    Raises: CommandError (an old schema, nobody to ask), Conflict (another process goes on with
    it), Unavailable.
    """

    async def work(settings: Settings) -> Mapping[str, Any]:
        database = Database(settings)
        # Counting a table whole takes longer than a request may.
        patient = settings.model_copy(update={"database_timeout_seconds": COUNTING_SECONDS})
        measuring = Database(patient)
        try:
            before = await _room(measuring)
            done = await _clean_all(database, orders, conduct)
            return _report(done, before, await _room(measuring), conduct)
        finally:
            await measuring.close()
            await database.close()

    report = run_on_current_schema(work)
    if output is OutputFormat.table:
        print_rows(_touched(report), ROOM_COLUMNS, output, "No table has changed.")
    else:
        print_object(report, output)
    _tell_the_end(report)


async def _room(database: Database) -> Room:
    async with database.read() as connection:
        return await measure(connection)


async def _clean_all(
    database: Database, orders: Sequence[Order], conduct: Conduct
) -> list[Cleaned]:
    wanted = [_wanted(order, conduct) for order in orders]
    await _confirm(database, wanted, conduct)
    return [await _clean(database, it, conduct.limits) for it in wanted]


def _wanted(order: Order, conduct: Conduct) -> Wanted:
    return Wanted(
        order.subject,
        order.cutoffs,
        order.options,
        host_actor(),
        conduct.reason,
        conduct.is_dry_run,
    )


async def _confirm(database: Database, wanted: Sequence[Wanted], conduct: Conduct) -> None:
    for it in wanted:
        _tell_cutoffs(it)
        if conduct.is_dry_run or conduct.is_confirmed:
            continue
        count = await count_keys(database, it) if sys.stdin.isatty() else 0
        what = f"remove {count} {GOES[it.subject]} for good"
        confirm_by_name(what, it.subject, is_confirmed=False)


def _tell_cutoffs(wanted: Wanted) -> None:
    cutoffs, what = wanted.cutoffs, GOES[wanted.subject]
    if wanted.subject == "messages":
        talk("messages: those past the retention of their conversation or of the server")
        if cutoffs.deleted_before is not None:
            talk(f"messages: those deleted before {_moment(cutoffs.deleted_before)}")
    if cutoffs.before is not None:
        talk(f"{what}: those from before {_moment(cutoffs.before)}")


def _moment(moment: Any) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


async def _clean(database: Database, wanted: Wanted, limits: Limits) -> Cleaned:
    is_shown = sys.stderr.isatty()
    total = await count_keys(database, wanted) if is_shown else 0
    with progress(f"Cleaning up {wanted.subject}", total, is_wanted=is_shown) as advance:
        # What is there now stays: the collector takes 90 ms to look at it all, and may do so while
        # a batch holds its locks.
        gc.collect()
        gc.freeze()
        return await clean(Site(database, utc_now, advance), wanted, limits)


# ── telling ──────────────────────────────────────────────────────────────────────────────────


def _report(
    done: Sequence[Cleaned], before: Room, after: Room, conduct: Conduct
) -> Mapping[str, Any]:
    return {
        "dry_run": conduct.is_dry_run,
        "runs": [_run_report(it) for it in done],
        "tables": _room_report(before, after),
        "bytes_before": before.total_bytes,
        "bytes_after": after.total_bytes,
        "free_bytes_before": before.free_bytes,
        "free_bytes_after": after.free_bytes,
    }


def _run_report(done: Cleaned) -> Mapping[str, Any]:
    run = done.run
    return {
        "run_id": str(run.id),
        "subject": run.subject,
        "state": "done" if done.is_done else "paused",
        "is_resumed": run.is_resumed,
        "cutoffs": moments(run.cutoffs),
        "removed": dict(done.removed),
        "batches": done.batches,
        "seconds": round(done.seconds, 2),
        "p99_lock_ms": done.pace.held_at(0.99),
        "longest_lock_ms": done.pace.held_at(1.0),
    }


def _room_report(before: Room, after: Room) -> list[Mapping[str, Any]]:
    return [
        {
            "table": name,
            "rows_before": before.rows[name],
            "rows_after": after.rows[name],
            "bytes_before": before.table_bytes[name],
            "bytes_after": after.table_bytes[name],
        }
        for name in before.rows
    ]


def _touched(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    removed = {name for run in report["runs"] for name in run["removed"]}
    return [
        it
        for it in report["tables"]
        if it["table"] in removed or it["rows_before"] != it["rows_after"]
    ]


def _tell_the_end(report: Mapping[str, Any]) -> None:
    for run in report["runs"]:
        would = "would remove" if report["dry_run"] else "removed"
        counts = ", ".join(f"{count} {name}" for name, count in run["removed"].items())
        again = " (gone on where it was interrupted)" if run["is_resumed"] else ""
        talk(f"{run['subject']}: {would} {counts or 'nothing'}{again}.")
        if run["state"] == "paused":
            talk(f"{run['subject']}: the time is over; the same command goes on where it stopped.")
    if report["dry_run"]:
        talk("Nothing was changed.")
    elif any(run["removed"] for run in report["runs"]):
        talk(_about_the_disk(report))


def _about_the_disk(report: Mapping[str, Any]) -> str:
    free = report["free_bytes_after"]
    if free is None:
        return (
            "Deleting gives no disk back. Postgres reuses the room after its autovacuum; to give "
            "it back, see: fynix cleanup vacuum --help"
        )
    return (
        f"Deleting gives no disk back: {free} bytes lie free in the file, for new rows. To make "
        "the file smaller: fynix cleanup vacuum"
    )


# ── runs of the past ─────────────────────────────────────────────────────────────────────────


def list_runs(limit: int, output: OutputFormat) -> None:
    """The newest first."""

    async def load(settings: Settings) -> list[Mapping[str, Any]]:
        database = Database(settings)
        try:
            async with database.read() as connection:
                runs = await last_runs(connection, limit)
        finally:
            await database.close()
        return [
            {
                "id": str(run.id),
                "subject": run.subject,
                "state": "interrupted" if run.finished_at is None else "done",
                "started_at": run.started_at.isoformat(timespec="seconds"),
                "finished_at": run.finished_at and run.finished_at.isoformat(timespec="seconds"),
                "started_by": run.started_by,
                "cutoffs": moments(run.cutoffs),
                "removed": dict(run.removed),
                "batches": run.batches,
            }
            for run in runs
        ]

    print_rows(run_on_current_schema(load), RUN_COLUMNS, output, "Nothing was cleaned up yet.")
