"""Asking before something is done that cannot simply be taken back."""

import sys

import typer

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk, visible


def confirm_by_name(what: str, name: str, *, is_confirmed: bool) -> None:
    """Have `name` typed back, unless `is_confirmed`.

    Raises: CommandError (something else was typed, or there is no terminal to ask at).
    """
    if is_confirmed:
        return
    if not sys.stdin.isatty():
        raise CommandError(
            f"this wants a yes, and there is no terminal to ask at: {what}",
            hint="look first with --dry-run, then add --yes",
            exit_code=ExitCode.USAGE,
        )
    talk(f"This will {what}.")
    typed = typer.prompt(visible(f"Type {name} to go on"), err=True, default="", show_default=False)
    if typed.strip() != name:
        raise CommandError("nothing was done: that is not the name")
