"""`fynix user export` and `fynix user erase`: what people may ask an admin for."""

from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        show_default=False,
        help="Where to save it; never in another file's place. Default: fynix-NAME.zip here.",
    ),
]
VacuumOption = Annotated[
    bool,
    typer.Option(
        "--vacuum",
        help="Have SQLite write its whole file anew; nobody can send meanwhile.",
    ),
]


def export(
    user: PersonArgument,
    reason: ReasonOption,
    file: FileOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Save everything of somebody, as a ZIP. JSON lines of what they provided or can see.

    \b
    Examples:
      fynix user export bob --reason "asked by letter 17"
      fynix user export bob --file bob.zip --reason "asked by letter 17" -o json

    Takes the role admin. The file is readable by its owner alone, and is there whole or not at
    all. Exits 3 if there is nobody of that name, 4 without the role, 5 if there is such a file.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.privacy.exporting import Exporting, export_person

    export_person(Caller(profile, server), user, file, Exporting(reason, dry_run), output)


def erase(
    user: PersonArgument,
    reason: ReasonOption,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            show_default=False,
            help="Save the certificate there, too; never in another file's place.",
        ),
    ] = None,
    vacuum: VacuumOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Erase somebody for good. Their name, their logins, and the text of all that they wrote.

    What others wrote stays. Nobody can take it back. Where it is interrupted, the same command
    goes on. Do not write the name into --reason, which stays.

    \b
    Examples:
      fynix user erase bob --reason "asked by letter 17" --dry-run
      fynix user erase bob --reason "asked by letter 17" --certificate bob.json

    Takes the role admin. Exits 3 if there is nobody of that name, 4 without the role, 5 if they
    are erased already, under a legal hold, or there is such a file.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.privacy.erasing import Erasing, erase_person

    wanted = Erasing(reason, dry_run, yes, vacuum)
    erase_person(Caller(profile, server), user, wanted, certificate, output)
