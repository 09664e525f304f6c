"""`fynix seed`: made-up people and conversations, to try things on."""

from typing import Annotated

import typer

from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat


def seed(
    conversations: Annotated[
        int, typer.Option("--conversations", min=1, help="How many, groups among them.")
    ] = 100,
    messages: Annotated[
        int, typer.Option("--messages", min=0, help="How many in all of them together.")
    ] = 10_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same number makes the same people and texts.")
    ] = 1,
    popular: Annotated[
        int,
        typer.Option("--popular", min=0, help="With one person, the first, are so many of them."),
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made; change nothing.")
    ] = False,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Fill the database of DATABASE_URL with conversations in many languages.

    The people can log in where FYNIX_PASSWORD is set, which is then the password of each;
    otherwise nobody can.

    \b
    Examples:
      fynix seed --conversations 20 --messages 2000
      FYNIX_PASSWORD=… fynix seed --seed 7
      fynix seed --conversations 5000 --messages 1000000 --dry-run -o json

    Exits 1 if the schema is not up to date, 5 if this seed was used on this database before,
    7 if the database does not answer.
    """
    if popular > conversations:
        raise typer.BadParameter("they are among --conversations", param_hint="--popular")
    from fynix_cli.seeding import fill_database
    from fynix_server.maintenance.seed_plan import SeedRequest

    request = SeedRequest(conversations, messages, seed, popular)
    fill_database(request, is_dry_run=dry_run, output=output)
