"""`fynix login`, `logout` and `whoami`: who acts from this machine."""

from typing import Annotated

import typer

from fynix_cli.completing import profile_names
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

# The work is imported within each function: `--help` then needs no HTTP client.


def login(
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="Whom to log in.")],
    register: Annotated[bool, typer.Option("--register", help="Make the account first.")] = False,
    display_name: Annotated[
        str | None, typer.Option("--display-name", help="With --register: how others see you.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            show_default=False,
            autocompletion=profile_names,
            help="Keep it as NAME. Default: USERNAME.",
        ),
    ] = None,
    server: ServerOption = None,
) -> None:
    """Log in and become the one that later commands act as.

    Asks for the password, or takes it from --password-stdin or FYNIX_PASSWORD. Other logins of
    this machine stay: choose among them with --as.

    \b
    Examples:
      fynix login alice
      fynix login alice --register --display-name "Alice A."
      pass show fynix/bob | fynix login bob --password-stdin
      fynix login alice --server https://chat.example.com --as alice-at-work

    Exits 4 for a wrong name or password, 5 if the name to register is taken, 7 if there is no
    server.
    """
    from fynix_cli.login import LoginRequest, log_in

    if display_name is not None and not register:
        raise typer.BadParameter("it goes with --register", param_hint="--display-name")
    log_in(
        LoginRequest(
            username=username,
            server=server,
            profile=profile,
            password_from_stdin=password_stdin,
            is_new=register,
            display_name=display_name,
        )
    )


def logout(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            show_default=False,
            autocompletion=profile_names,
            help="Which login, as --as names it. Default: the latest one.",
        ),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """End a login here and at the server, whose live connections of it close.

    \b
    Examples:
      fynix logout
      fynix logout bob

    Exits 7 if the server could not be told; the login is forgotten here all the same.
    """
    from fynix_cli.login import log_out

    source = context.get_parameter_source("profile")
    is_from_environment = source is not None and source.name == "ENVIRONMENT"
    if name and profile and name != profile and not is_from_environment:
        raise typer.BadParameter(f"Either {name} or --as {profile}: a logout ends one login.")
    log_out(name or profile, server)


def whoami(
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show who you act as, and at which server.

    \b
    Examples:
      fynix whoami
      fynix whoami --as bob -o json

    Exits 4 if you are not logged in.
    """
    from fynix_cli.login import show_identity

    show_identity(profile, server, output)
