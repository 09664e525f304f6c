"""`fynix doctor`: whether everything that a server stands on is sound."""

from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat


class Part(StrEnum):
    config = "config"
    database = "database"
    migrations = "migrations"
    redis = "redis"
    clock = "clock"
    ports = "ports"
    permissions = "permissions"
    data = "data"


def doctor(
    only: Annotated[
        list[Part] | None,
        typer.Option("--only", show_default=False, help="Look at this part; may be repeated."),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be derived from messages and events.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: say what it would mend; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --fix: do not ask.")] = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Look whether a server would be sound here: settings, database, Redis, files and data.

    A line for each check: ok, warning, failed, or skipped where another failure stands in the
    way; what was found; and what to type where it is not ok. It waits for nothing longer than
    ten seconds, but for the data. Servers may go on meanwhile, also with --fix, which changes
    counters, times, keys and read markers, but no message and no event. Without --fix it
    changes nothing.

    \b
    Examples:
      fynix doctor
      fynix doctor --only config --only redis
      fynix doctor --only data -o json
      fynix doctor --fix --dry-run
      fynix doctor --fix --yes -o json

    Exits 0 if nothing has failed, also because all was mended (warnings do not count); 1 if
    something has; 7 if the database does not answer.
    """
    from fynix_cli.doctoring import Treatment, examine_all

    if dry_run and not fix:
        raise typer.BadParameter("it goes with --fix", param_hint="--dry-run")
    if fix and only and Part.data not in only:
        raise typer.BadParameter("it mends data alone: --only data", param_hint="--fix")
    treatment = Treatment(is_fixing=fix, is_dry_run=dry_run, is_confirmed=yes)
    examine_all([part.value for part in only or []], treatment, output)
