"""Options and arguments that several commands share, so that they read alike everywhere."""

from typing import Annotated

import typer

from fynix_cli.completing import profile_names
from fynix_cli.output import OutputFormat

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="FYNIX_SERVER",
        show_default=False,
        help="URL of the server. Default: the login's, else http://127.0.0.1:8000.",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        envvar="FYNIX_PROFILE",
        show_default=False,
        metavar="NAME",
        autocompletion=profile_names,
        help="Act as this login. Default: the latest one.",
    ),
]
OutputOption = Annotated[
    OutputFormat,
    typer.Option("--output", "-o", help="A table is tab-separated when piped; jsonl: one a line."),
]
TargetArgument = Annotated[
    str,
    typer.Argument(metavar="TARGET", help="A username, a user id or a conversation id."),
]
