"""`fynix retention`: for how long messages are kept, and what must stay."""

from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

ConversationOption = Annotated[
    str | None,
    typer.Option(
        "--conversation",
        metavar="ID",
        show_default=False,
        help="Of this conversation. Default: of the server.",
    ),
]
HeldUserOption = Annotated[
    str | None,
    typer.Option("--user", metavar="USER", show_default=False, help="A username or a user id."),
]
HeldConversationOption = Annotated[
    str | None,
    typer.Option(
        "--conversation", metavar="ID", show_default=False, help="The id of a conversation."
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]


class HoldKind(StrEnum):
    user = "user"
    conversation = "conversation"


app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="For how long messages are shown and kept, and what must stay. Asks a server.",
)
holds = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Legal holds. What is held stays stored, past retention and every cleanup.",
)
app.add_typer(holds, name="hold")


@app.command("show")
def show(
    limit: LimitOption = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show the policies: the server's, and conversations' own.

    \b
    Examples:
      fynix retention show
      fynix retention show -o json

    Takes the role admin. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import show_policies

    show_policies(Caller(profile, server), limit, output)


@app.command("set")
def set_(
    days: Annotated[str, typer.Argument(metavar="DAYS", help="30d or 12w: whole days.")],
    reason: ReasonOption,
    conversation: ConversationOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show messages for so many days, and no longer. At once, and for everybody.

    What is older is in no list from then on; `fynix cleanup messages` removes it. A
    conversation's own policy stands in the place of the server's, shorter or longer. Where
    messages would go out of sight, you type `server`, or the conversation's id, to go on.

    \b
    Examples:
      fynix retention set 365d --reason "privacy notice, section 4" --dry-run
      fynix retention set 12w --conversation 0198... --reason "contract"

    Takes the role admin. Exits 2 on what are no whole days, 3 if there is no such conversation,
    4 without the role, 5 if it is so already.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import Asked, conversation_id_of, days_of, set_policy

    wanted, where = days_of(days), conversation_id_of(conversation)
    set_policy(Caller(profile, server), wanted, where, Asked(reason, dry_run, yes), output)


@app.command("clear")
def clear(
    reason: ReasonOption,
    conversation: ConversationOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """End a policy. What was not cleaned up yet is shown again.

    \b
    Examples:
      fynix retention clear --reason "no longer needed"
      fynix retention clear --conversation 0198... --reason "back to the server's"

    Takes the role admin. Exits 4 without it, 5 if there is no such policy.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import Asked, clear_policy, conversation_id_of

    where = conversation_id_of(conversation)
    clear_policy(Caller(profile, server), where, Asked(reason, dry_run, yes), output)


@holds.command("add")
def hold_add(
    reason: ReasonOption,
    user: HeldUserOption = None,
    conversation: HeldConversationOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Have something stay stored. What a person wrote, or what was said in a conversation.

    It beats retention and every cleanup. What has expired is still not shown; it is only kept.

    \b
    Examples:
      fynix retention hold add --user bob --reason "court order 17/26"
      fynix retention hold add --conversation 0198... --reason "court order 17/26"

    Takes the role admin. Exits 3 if there is no such person or conversation, 4 without the
    role, 5 if it is held already.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import Asked, change_hold

    subject = _subject(user, conversation)
    change_hold(Caller(profile, server), "add", subject, Asked(reason, dry_run), output)


@holds.command("remove")
def hold_remove(
    reason: ReasonOption,
    user: HeldUserOption = None,
    conversation: HeldConversationOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """End a legal hold: from then on retention and cleanups have it.

    \b
    Examples:
      fynix retention hold remove --user bob --reason "case closed"

    Takes the role admin. Exits 3 if there is no such person, 4 without the role, 5 if it is
    not held.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import Asked, change_hold

    subject = _subject(user, conversation)
    change_hold(Caller(profile, server), "remove", subject, Asked(reason, dry_run, yes), output)


@holds.command("list")
def hold_list(
    kind: Annotated[HoldKind, typer.Option("--kind", help="Of which kind.")] = HoldKind.user,
    limit: LimitOption = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List what is held. Why stands in the audit log.

    \b
    Examples:
      fynix retention hold list
      fynix retention hold list --kind conversation -o jsonl

    Takes the role admin. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.retaining import list_holds

    list_holds(Caller(profile, server), kind.value, limit, output)


def _subject(user: str | None, conversation: str | None) -> dict[str, str]:
    if user is not None and conversation is None:
        return {"user": user}
    if conversation is not None and user is None:
        return {"conversation": conversation}
    raise typer.BadParameter("give one of --user and --conversation", param_hint="--user")
