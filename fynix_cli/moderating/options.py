"""Options that the commands of moderators share, so that they read alike everywhere."""

from typing import Annotated

import typer

MAX_REASON_LENGTH = 500


def _reason(text: str) -> str:
    """As the API demands it; commands that act on the database ask no API.

    Raises: BadParameter.
    """
    if not text.strip():
        raise typer.BadParameter("say why, in a word at least")
    if len(text) > MAX_REASON_LENGTH:
        raise typer.BadParameter(f"it has {len(text)} characters; at most {MAX_REASON_LENGTH}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("it is not text in UTF-8") from None
    return text


PersonArgument = Annotated[str, typer.Argument(metavar="USER", help="A username or a user id.")]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", callback=_reason, help="Why: it stands in the audit log."
    ),
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
