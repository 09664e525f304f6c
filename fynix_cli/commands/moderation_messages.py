"""`fynix moderation message`: acts on anybody's messages, through the API of a server."""

from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

ConversationArgument = Annotated[
    str, typer.Argument(metavar="CONVERSATION", help="A conversation's id.")
]
MessageArgument = Annotated[str, typer.Argument(metavar="MESSAGE_ID", help="Which message.")]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Delete anybody's message, or restore what a moderator deleted.",
)


@app.command()
def delete(
    conversation: ConversationArgument,
    message_id: MessageArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Delete anybody's message, for everybody. Whoever looks at it sees it go.

    Its text stays for moderators, who can restore it. Asks for the name of its sender first.

    \b
    Examples:
      fynix moderation message delete 0198c0de-0000-7000-8000-0000000000c1 \\
        0198c0de-0000-7000-8000-000000000002 --reason "threat, case 0198..."

    Takes the role moderator, and admin for the message of one who has a role. Exits 3 if there is
    no such message, 4 without the role, 5 if it is deleted already.
    """
    from fynix_cli.moderating.content import ContentAct, act_on_message
    from fynix_cli.moderating.people import Caller

    act = ContentAct("delete", reason, dry_run, yes)
    act_on_message(Caller(profile, server), conversation, message_id, act, output)


@app.command()
def restore(
    conversation: ConversationArgument,
    message_id: MessageArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show a message again that a moderator deleted. What its sender deleted stays so.

    \b
    Examples:
      fynix moderation message restore 0198c0de-0000-7000-8000-0000000000c1 \\
        0198c0de-0000-7000-8000-000000000002 --reason "appeal granted"

    Takes the role moderator, and admin for the message of one who has a role. Exits 3 if there is
    no such message, 4 without the role, 5 if it is not deleted, or cannot be restored.
    """
    from fynix_cli.moderating.content import ContentAct, act_on_message
    from fynix_cli.moderating.people import Caller

    act = ContentAct("restore", reason, dry_run)
    act_on_message(Caller(profile, server), conversation, message_id, act, output)
