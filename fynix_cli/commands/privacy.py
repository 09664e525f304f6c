"""`fynix export`, one's own data, and `fynix privacy`, the journal of who was erased."""

from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.commands.user_privacy import FileOption, VacuumOption
from fynix_cli.moderating.options import DryRunOption, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Who was erased, and erasing them again after a backup was restored.",
)


def export(
    file: FileOption = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Save everything of yours that a server has, as a ZIP of JSON lines.

    \b
    Examples:
      fynix export
      fynix export --file mine.zip -o json

    The file is readable by you alone, and is there whole or not at all. Exits 4 without a login,
    5 if there is such a file, 6 if you have exported too often today.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.privacy.exporting import export_own

    export_own(Caller(profile, server), file, output)


@app.command()
def erasures(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 1000,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List who was erased, by id. In JSON with the certificates: the journal for `reapply`.

    \b
    Examples:
      fynix privacy erasures
      fynix privacy erasures -o jsonl --limit 100000 > journal.jsonl

    Takes the role admin. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.privacy.erasing import show_erasures

    show_erasures(Caller(profile, server), limit, output)


@app.command()
def reapply(
    journal: Annotated[
        Path, typer.Argument(metavar="JOURNAL", help="What `erasures -o jsonl` has printed.")
    ],
    reason: ReasonOption,
    vacuum: VacuumOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Erase again whom a journal names. After a backup from before was restored.

    Whoever is not in the database, or erased there, is left as they are. Whoever is under a legal
    hold there is passed over.

    \b
    Examples:
      fynix privacy reapply journal.jsonl --reason "restored the backup of May 3" --dry-run

    Takes the role admin. Exits 2 if the file is no journal, 4 without the role, 5 if somebody was
    passed over.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.privacy.erasing import Erasing
    from fynix_cli.privacy.erasing import reapply as reapply_journal

    wanted = Erasing(reason, dry_run, yes, vacuum)
    reapply_journal(Caller(profile, server), journal, wanted, output)
