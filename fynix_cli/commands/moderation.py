"""`fynix moderation`: groups of what moderators do besides acting on people."""

import typer

from fynix_cli.lazy_group import LazyCommand, lazy_group

GROUPS = {
    "case": LazyCommand("fynix_cli.commands.moderation_case:app", "Reports, up to their outcome."),
}

app = typer.Typer(
    cls=lazy_group(GROUPS),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def moderation() -> None:
    """Moderate a server: cases, and what people write. Takes the role moderator."""
