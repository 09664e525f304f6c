"""Options that the commands of moderators share, so that they read alike everywhere."""

from typing import Annotated

import typer

PersonArgument = Annotated[str, typer.Argument(metavar="USER", help="A username or a user id.")]
ReasonOption = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why: it stands in the audit log."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Tell what it would do, and change nothing.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do not ask; else one types the name to go on.")
]
ForOption = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="DURATION",
        show_default=False,
        help="30m, 12h, 7d, 2w. Default: until it is lifted.",
    ),
]
