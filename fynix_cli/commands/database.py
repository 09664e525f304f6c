"""`fynix migrate`: the database's schema."""

from typing import Annotated

import typer


def migrate(
    to: Annotated[
        str, typer.Option("--to", metavar="STEP", help="Stop at this step, such as 0001.")
    ] = "head",
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL of all steps instead; touch nothing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the steps that are due; change nothing.")
    ] = False,
) -> None:
    """Bring the database of DATABASE_URL up to date.

    All due steps run in one transaction, or none does. Two at once wait for one another.

    \b
    Examples:
      fynix migrate
      fynix migrate --dry-run
      DATABASE_URL=postgresql://… fynix migrate --sql > schema.sql

    Exits 1 if a step fails or the database cannot be used, 7 if it does not answer.
    """
    from fynix_cli.migrating import list_due_steps, migrate_database, print_sql

    if sql and dry_run:
        raise typer.BadParameter("it does not go with --sql", param_hint="--dry-run")
    if sql:
        print_sql(to)
    elif dry_run:
        list_due_steps(to)
    else:
        migrate_database(to)
