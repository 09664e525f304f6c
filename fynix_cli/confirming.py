"""Asking for a yes."""

import sys

import typer

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import visible


def confirm_yes(doing: str, question: str) -> None:
    """Ask `question`, without its question mark; `doing` says what wants the yes: `deleting`.

    Raises: CommandError (the answer was no, or there is no terminal to ask at).
    """
    if not sys.stdin.isatty():
        raise CommandError(
            f"{doing} wants a yes, and there is no terminal to ask at",
            hint="add --yes",
            exit_code=ExitCode.USAGE,
        )
    if not typer.confirm(visible(question), err=True):
        raise CommandError("nothing was done: the answer was no")
