"""`fynix moderation conversation`: acts on conversations, through the API of a server."""

from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, ReasonOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

ConversationArgument = Annotated[
    str, typer.Argument(metavar="CONVERSATION", help="A conversation's id.")
]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Freeze a conversation, or read a reported one.",
)


@app.command()
def freeze(
    conversation: ConversationArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let nobody write in a conversation. Its people read it, may leave, and delete their own.

    \b
    Examples:
      fynix moderation conversation freeze 0198c0de-0000-7000-8000-0000000000c1 --reason "quarrel"

    Takes the role moderator. Exits 3 if there is no such conversation, 4 without the role, 5 if it
    is frozen already.
    """
    from fynix_cli.moderating.content import ContentAct, act_on_conversation
    from fynix_cli.moderating.people import Caller

    act = ContentAct("freeze", reason, dry_run)
    act_on_conversation(Caller(profile, server), conversation, act, output)


@app.command()
def unfreeze(
    conversation: ConversationArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let a frozen conversation go on.

    \b
    Examples:
      fynix moderation conversation unfreeze 0198c0de-0000-7000-8000-0000000000c1 --reason "over"

    Takes the role moderator. Exits 3 if there is no such conversation, 4 without the role, 5 if it
    is not frozen.
    """
    from fynix_cli.moderating.content import ContentAct, act_on_conversation
    from fynix_cli.moderating.people import Caller

    act = ContentAct("unfreeze", reason, dry_run)
    act_on_conversation(Caller(profile, server), conversation, act, output)


@app.command()
def read(
    conversation: ConversationArgument,
    reason: ReasonOption,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="ID", show_default=False, help="The case it is about."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    before_seq: Annotated[
        int | None,
        typer.Option(
            "--before-seq", min=1, show_default=False, help="Only what is older than this number."
        ),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Read a conversation that somebody has reported. Newest first; deleted messages too.

    Every page is recorded in the audit log before it is shown. --dry-run tells how many there
    are, and shows none.

    \b
    Examples:
      fynix moderation conversation read 0198c0de-0000-7000-8000-0000000000c1 --reason "case 7"

    Takes the role moderator. Exits 3 if there is no such conversation, 4 without the role or where
    nobody has reported it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.reading import Reading, read_conversation

    reading = Reading(reason, case, limit, before_seq, dry_run)
    read_conversation(Caller(profile, server), conversation, reading, output)
