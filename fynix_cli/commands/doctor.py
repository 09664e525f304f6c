"""`fynix doctor`: whether what a database says of itself is true."""

from typing import Annotated

import typer

from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be derived from messages and events.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: say what it would mend; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --fix: do not ask.")] = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Look whether the database of DATABASE_URL is sound, and mend what can be.

    A line for each thing that must be true: its name, how many were looked at, how many are
    broken, and the ids of a few of those. Servers may go on meanwhile, also with --fix, which
    changes counters, times, keys and read markers, but no message and no event.

    \b
    Examples:
      fynix doctor
      fynix doctor --fix --dry-run
      fynix doctor --fix --yes -o json

    Exits 0 if all is well, also because all was mended; 1 if something is broken; 7 if the
    database does not answer.
    """
    from fynix_cli.doctoring import Treatment, examine_database

    if dry_run and not fix:
        raise typer.BadParameter("it goes with --fix", param_hint="--dry-run")
    treatment = Treatment(is_fixing=fix, is_dry_run=dry_run, is_confirmed=yes)
    examine_database(treatment, output)
