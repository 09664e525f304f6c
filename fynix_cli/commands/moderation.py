"""`fynix moderation`: groups of what moderators do besides acting on people."""

import typer

from fynix_cli.lazy_group import LazyCommand, lazy_group

GROUPS = {
    "case": LazyCommand("fynix_cli.commands.moderation_case:app", "Reports, up to their outcome."),
    "message": LazyCommand(
        "fynix_cli.commands.moderation_messages:app", "Delete anybody's message, or restore it."
    ),
    "conversation": LazyCommand(
        "fynix_cli.commands.moderation_conversations:app",
        "Freeze a conversation, or read a reported one.",
    ),
    "filter": LazyCommand(
        "fynix_cli.commands.moderation_filter:app", "Rules for what may be written."
    ),
    "held": LazyCommand(
        "fynix_cli.commands.moderation_held:app", "Messages that wait for a moderator."
    ),
    "spam": LazyCommand(
        "fynix_cli.commands.moderation_spam:app", "The spam score: whose, why, and what came of it."
    ),
}

app = typer.Typer(
    cls=lazy_group(GROUPS),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def moderation() -> None:
    """Moderate a server: cases, what people write and may write, and spam."""
