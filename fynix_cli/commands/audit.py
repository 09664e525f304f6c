"""`fynix audit`: who did what with the power that they have, and whether the log of it is whole."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Read the audit log of a server, and check that nobody has changed it.",
)


class Outcome(StrEnum):
    done = "done"
    refused = "refused"


@app.command("list")
def list_entries(
    actor: Annotated[
        str | None,
        typer.Option("--actor", metavar="NAME", help="Who acted: a user, NAME@MACHINE, or an id."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="NAME", help="Acted on: a user, or the id of anything."),
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ACTION", help="Such as user.ban.")
    ] = None,
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="refused: attempts without the power.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="MOMENT", help="2h, 3d, 2026-11-24.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="MOMENT", help="Before this moment.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List what was done, newest first.

    \b
    Examples:
      fynix audit list --target bob
      fynix audit list --outcome refused --since 7d
      fynix audit list --actor mod --action user.ban -o jsonl --limit 1000

    Takes the role admin. Exits 3 if there is nobody of that name, 4 without the role.
    """
    from datetime import UTC, datetime

    from fynix_cli.auditing.listing import Wanted, list_entries
    from fynix_cli.chat.moments import parse_since
    from fynix_cli.moderating.people import Caller

    now = datetime.now(UTC)
    moments = {"since": since, "until": until}
    parsed = {name: parse_since(text, now) if text else None for name, text in moments.items()}
    query = {
        "action": action,
        "outcome": outcome,
        **{name: moment.isoformat() if moment else None for name, moment in parsed.items()},
    }
    list_entries(Caller(profile, server), Wanted(actor, target, query, limit), output)


@app.command()
def show(
    seq: Annotated[int, typer.Argument(metavar="SEQ", min=1, help="The number of the entry.")],
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show one entry: who, what, whom, why, and what it changed.

    \b
    Examples:
      fynix audit show 17
      fynix audit show 17 -o json

    Takes the role admin. Exits 3 if there is no such entry, 4 without the role.
    """
    from fynix_cli.auditing.listing import show_entry
    from fynix_cli.moderating.people import Caller

    show_entry(Caller(profile, server), seq, output)


@app.command()
def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", show_default=False, help="A new file. Default: stdout."),
    ] = None,
    after: Annotated[
        int, typer.Option("--after", metavar="SEQ", min=0, help="Only what came after this entry.")
    ] = 0,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Write the log as JSON lines, oldest first. Keep it where nobody of the server can reach.

    \b
    Examples:
      fynix audit export audit-2026-11.jsonl
      fynix audit export --after 1200 >> audit.jsonl

    Takes the role admin. Exits 4 without it, 5 if the file is there already.
    """
    from fynix_cli.auditing.exporting import export_log
    from fynix_cli.moderating.people import Caller

    export_log(Caller(profile, server), file, after)


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", show_default=False, help="An export. Default: a server."),
    ] = None,
    since_hash: Annotated[
        str | None,
        typer.Option("--since-hash", metavar="SEQ:HASH", help="Where it stood: printed as last."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="An export whose entries must be there."),
    ] = None,
    database: Annotated[
        bool, typer.Option("--database", help="Verify the log in the database of DATABASE_URL.")
    ] = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Check that nobody has changed the log. The first entry that was changed, removed, put in or
    moved is named.

    Hashes are worked out here, from what the server gives: it need not be believed. Whoever can
    write to the database can also write the whole log anew; that shows only against what was
    kept elsewhere: --since-hash, or --against an export.

    \b
    Examples:
      fynix audit verify
      fynix audit verify --since-hash 17:3f0a…
      fynix audit verify --against audit-2026-11.jsonl
      fynix audit verify audit-2026-11.jsonl
      DATABASE_URL=postgresql://… fynix audit verify --database

    Takes the role admin where it asks a server. Exits 0 if it is intact, 8 if it is not, 4 without
    the role.
    """
    from fynix_cli.auditing.verifying import Verification, verify
    from fynix_cli.moderating.people import Caller

    if file is not None and database:
        raise typer.BadParameter("it does not go with FILE", param_hint="--database")
    wanted = Verification(file, since_hash, against, database)
    verify(Caller(profile, server), wanted, output)
