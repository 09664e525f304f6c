"""`fynix connections`: who is connected, on all instances, and closing that."""

from typing import Annotated
from uuid import UUID

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, help="Who is connected now; close that."
)


@app.command("list")
def list_connections(
    user: Annotated[
        str | None,
        typer.Argument(
            metavar="USER", show_default=False, help="A username or a user id. Default: everybody."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List open connections on all instances, the longest open first.

    \b
    Examples:
      fynix connections list bob
      fynix connections list -o jsonl --limit 1000

    Says on stderr how many instances answered. Takes the role moderator. Exits 7 if one did not:
    what is printed is then not complete; 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating import connections
    from fynix_cli.moderating.people import Caller

    connections.list_connections(Caller(profile, server), user, limit, output)


@app.command()
def kick(
    user: PersonArgument,
    reason: ReasonOption,
    connection: Annotated[
        UUID | None,
        typer.Argument(metavar="CONNECTION_ID", show_default=False, help="Default: all of theirs."),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Close somebody's connections on every instance. With 1012: their client may come back.

    \b
    Examples:
      fynix connections kick bob --reason "a stuck client"
      fynix connections kick bob 0198c0de-0000-7000-8000-000000000031 --reason "a stuck client"

    To end the login too, use fynix session revoke; to shut somebody out, fynix user suspend.
    Takes the role moderator, and admin for one who has a role. Exits 3 if they have no such
    connection, 7 if an instance did not answer, 4 without the role.
    """
    from fynix_cli.moderating import connections
    from fynix_cli.moderating.people import Caller

    wanted = connections.Kick(connection, reason, dry_run)
    connections.kick(Caller(profile, server), user, wanted, output)
