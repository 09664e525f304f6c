"""`fynix cleanup`: removing what is not needed any more, beside running servers."""

from typing import TYPE_CHECKING, Annotated

import typer

from fynix_cli.commands.cleanup_options import (
    AGE,
    AuditAfterOption,
    BatchOption,
    DeletedAfterOption,
    EventsAfterOption,
    MaxTimeOption,
    OlderThanOption,
    ReceiptsAfterOption,
    SessionsAfterOption,
    YesOption,
)
from fynix_cli.moderating.options import DryRunOption, ReasonOption
from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat

if TYPE_CHECKING:
    from fynix_cli.cleaning.orders import Order
    from fynix_cli.cleaning.running import Conduct
    from fynix_server.maintenance.cleanup.sweep import Subject

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Remove what is not needed any more from the database of DATABASE_URL, beside servers.",
)


@app.command()
def messages(
    reason: ReasonOption,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar=AGE,
            show_default=False,
            help="All that were sent so long ago, or on a day before.",
        ),
    ] = None,
    deleted_after: DeletedAfterOption = "30d",
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove messages deleted or past retention. Deleted ones after their grace.

    With --older-than all that are older, whatever the policies say. Never what is under legal
    hold, and never what waits for a moderator. Their numbers stay: to clients they are messages
    that were deleted.

    \b
    Examples:
      fynix cleanup messages --reason "weekly" --dry-run
      fynix cleanup messages --reason "weekly" --yes --max-time 10m
      fynix cleanup messages --older-than 365d --reason "privacy notice" -o json

    Exits 2 on an age without a unit or a day to come, 5 if another process goes on with it,
    7 if the database does not answer. Interrupted, it goes on where it was.
    """
    from fynix_cli.cleaning.orders import order_messages
    from fynix_server.clock import utc_now

    order = order_messages(older_than, deleted_after, utc_now())
    _run([order], _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command()
def sessions(
    reason: ReasonOption,
    older_than: SessionsAfterOption = "30d",
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove sessions that have ended or expired. With them go their refresh tokens.

    \b
    Examples:
      fynix cleanup sessions --reason "weekly" --yes

    Exits 2 on an age without a unit or a day to come, 5 if another process goes on with it,
    7 if the database does not answer.
    """
    order = _order("sessions", older_than)
    _run([order], _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command()
def receipts(
    reason: ReasonOption,
    older_than: ReceiptsAfterOption = "365d",
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove when messages were read. That they were is in the read markers, which stay.

    \b
    Examples:
      fynix cleanup receipts --older-than 90d --reason "weekly" --yes

    Exits 2 on an age without a unit or a day to come, 5 if another process goes on with it,
    7 if the database does not answer.
    """
    order = _order("receipts", older_than)
    _run([order], _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command()
def events(
    reason: ReasonOption,
    older_than: EventsAfterOption = "90d",
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove old events. Those of edits, renames, and deletions of messages that are gone.

    Who has been away since before them is told to load the conversation anew. Beginnings,
    joinings and leavings stay.

    \b
    Examples:
      fynix cleanup events --older-than 30d --reason "weekly" --yes

    Exits 2 on an age without a unit or under 7d, 5 if another process goes on with it, 7 if the
    database does not answer.
    """
    order = _order("events", older_than)
    _run([order], _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command()
def audit(
    reason: ReasonOption,
    older_than: AuditAfterOption = "730d",
    force: Annotated[
        bool, typer.Option("--force", help="Also entries of less than a year.")
    ] = False,
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Cut the oldest entries off the audit log.

    From the front only. An entry with the number and the hash of the last that went says where
    the log begins now, so that the rest still proves its order. Export it first.

    \b
    Examples:
      fynix cleanup audit --older-than 3650d --reason "kept for ten years" --dry-run

    Exits 2 on an age without a unit, or under a year without --force, 5 if another process goes
    on with it, 7 if the database does not answer.
    """
    order = _order("audit", older_than, is_forced=force)
    _run([order], _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command("all")
def everything(
    reason: ReasonOption,
    older_than: OlderThanOption = None,
    deleted_after: DeletedAfterOption = "30d",
    sessions_after: Annotated[
        str,
        typer.Option("--sessions-after", metavar=AGE, envvar="FYNIX_CLEANUP_SESSIONS_AFTER"),
    ] = "30d",
    receipts_after: Annotated[
        str,
        typer.Option("--receipts-after", metavar=AGE, envvar="FYNIX_CLEANUP_RECEIPTS_AFTER"),
    ] = "365d",
    events_after: Annotated[
        str, typer.Option("--events-after", metavar=AGE, envvar="FYNIX_CLEANUP_EVENTS_AFTER")
    ] = "90d",
    audit_after: Annotated[
        str, typer.Option("--audit-after", metavar=AGE, envvar="FYNIX_CLEANUP_AUDIT_AFTER")
    ] = "730d",
    batch: BatchOption = 500,
    max_time: MaxTimeOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Do each of them, by the ages that are configured. One after the other.

    With --older-than by that age, except the audit log, which goes by its own.

    \b
    Examples:
      fynix cleanup all --reason "weekly" --dry-run
      fynix cleanup all --older-than 365d --reason "privacy notice" --dry-run
      FYNIX_CLEANUP_EVENTS_AFTER=30d fynix cleanup all --reason "weekly" --yes --max-time 1h

    --max-time is for each of them. Exits 2 on an age without a unit, 5 if another process goes
    on with one of them, 7 if the database does not answer.
    """
    from fynix_cli.cleaning.orders import order_messages
    from fynix_server.clock import utc_now

    orders = [
        order_messages(older_than, deleted_after, utc_now()),
        _order("sessions", older_than or sessions_after),
        _order("receipts", older_than or receipts_after),
        _order("events", older_than or events_after),
        _order("audit", audit_after),
    ]
    _run(orders, _conduct(reason, batch, max_time, dry_run=dry_run, yes=yes), output)


@app.command()
def history(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List what was cleaned up, the newest first.

    \b
    Examples:
      fynix cleanup history -o jsonl

    Exits 7 if the database does not answer.
    """
    from fynix_cli.cleaning.running import list_runs

    list_runs(limit, output)


@app.command()
def vacuum(
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Make room. SQLite's file gets smaller; in Postgres' tables room is free for new rows.

    Deleting alone gives no disk back. On SQLite nobody can send while it runs, so stop the
    server or choose a quiet hour. On Postgres it blocks nobody, and the files stay as large:
    VACUUM FULL (locks each table) or pg_repack (does not) give disk back.

    \b
    Examples:
      fynix cleanup vacuum --reason "after the yearly cleanup" --dry-run

    Exits 5 if there is too little room on the disk or the database is busy, 7 if it does not
    answer.
    """
    from fynix_cli.cleaning.vacuuming import vacuum as give_back

    give_back(reason, is_confirmed=yes, is_dry_run=dry_run, output=output)


def _order(subject: "Subject", older_than: str, *, is_forced: bool = False) -> "Order":
    from fynix_cli.cleaning.orders import order_by_age
    from fynix_server.clock import utc_now

    return order_by_age(subject, older_than, utc_now(), is_forced=is_forced)


def _conduct(
    reason: str, batch: int, max_time: str | None, *, dry_run: bool, yes: bool
) -> "Conduct":
    from fynix_cli.cleaning.running import Conduct
    from fynix_cli.moderating.durations import seconds_of
    from fynix_server.maintenance.cleanup.running import Limits

    seconds = None if max_time is None else float(seconds_of(max_time))
    return Conduct(reason, Limits(batch, seconds), dry_run, yes)


def _run(orders: "list[Order]", conduct: "Conduct", output: OutputFormat) -> None:
    from fynix_cli.cleaning.running import clean_up

    clean_up(orders, conduct, output)
