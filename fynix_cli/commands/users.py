"""`fynix user`: accounts, made and listed in the database, and acted on through a server."""

from typing import Annotated

import typer

from fynix_cli.commands import user_acts, user_privacy, user_purge, user_restrictions
from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat
from fynix_cli.roles import Role

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Create and list accounts in the database of DATABASE_URL; the rest asks a server.",
)
for _act in (
    user_acts.find,
    user_acts.show,
    user_acts.role,
    user_acts.warn,
    user_restrictions.mute,
    user_restrictions.unmute,
    user_restrictions.hold,
    user_restrictions.unhold,
    user_restrictions.shadow_limit,
    user_restrictions.unshadow_limit,
    user_acts.suspend,
    user_acts.unsuspend,
    user_acts.ban,
    user_acts.unban,
    user_purge.purge,
    user_privacy.export,
    user_privacy.erase,
):
    app.command(_act.__name__.replace("_", "-"))(_act)


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="3 to 32 of a-z, 0-9, dot, dash, underscore.")
    ],
    role: Annotated[Role, typer.Option("--role", help="What they may do.")] = Role.user,
    display_name: Annotated[
        str | None,
        typer.Option(
            "--display-name", show_default=False, help="How others see them. Default: NAME."
        ),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
) -> None:
    """Make an account, also where registration is closed.

    Asks for the password, or takes it from --password-stdin or FYNIX_PASSWORD.

    \b
    Examples:
      fynix user create alice
      pass show fynix/root | fynix user create root --role admin --password-stdin

    Exits 2 if the name or the password cannot be one, 5 if the name is taken, 7 if the database
    does not answer.
    """
    from fynix_cli.people import create_person

    create_person(name, role.value, display_name, password_stdin)


@app.command("list")
def list_people(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="NAME", show_default=False, help="Begin after this name."),
    ] = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List accounts by name, suspended ones too.

    \b
    Examples:
      fynix user list
      fynix user list -o jsonl --limit 1000 --after mike

    Exits 1 if the schema is not up to date, 7 if the database does not answer.
    """
    from fynix_cli.people import show_people

    show_people(limit, after, output)
