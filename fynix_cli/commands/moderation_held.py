"""`fynix moderation held`: messages that wait for a moderator, through the API of a server."""

from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Messages that only their senders see until somebody has looked at them.",
)


class Status(StrEnum):
    waiting = "waiting"
    released = "released"
    rejected = "rejected"
    withdrawn = "withdrawn"


IdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Of the messages.")
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="USER", show_default=False, help="Only of this sender."),
]
RuleOption = Annotated[
    str | None,
    typer.Option(
        "--rule", metavar="NAME", show_default=False, help="Only what this rule has had held."
    ),
]
AllOfOption = Annotated[
    str | None,
    typer.Option(
        "--all-of", metavar="USER", show_default=False, help="All that waits of this sender."
    ),
]


@app.command("list")
def list_held(
    status: Annotated[Status, typer.Option("--status", help="What became of them.")] = (
        Status.waiting
    ),
    sender: FromOption = None,
    rule: RuleOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List held messages, oldest first, without what they say.

    \b
    Examples:
      fynix moderation held list
      fynix moderation held list --from bob --status rejected -o jsonl

    Takes the role moderator. Exits 3 if there is no such person, 4 without the role.
    """
    from fynix_cli.moderating.held import list_held
    from fynix_cli.moderating.people import Caller

    wanted = {"status": status.value, "sender": sender, "rule": rule}
    list_held(Caller(profile, server), wanted, limit, output)


@app.command()
def review(
    reason: ReasonOption,
    ids: IdsArgument = None,
    sender: FromOption = None,
    rule: RuleOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="At most so many.")] = 20,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="ID", show_default=False, help="Go on after this one."),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show what held messages say. Those of the IDs, or a page of those that wait.

    That somebody has read them, and why, is one entry in the audit log for each page.
    A dry run tells which they would be, without what they say.

    \b
    Examples:
      fynix moderation held review --reason "the morning round"
      fynix moderation held review --rule casino --limit 50 --reason "is the rule any good?"

    Takes the role moderator. Exits 3 if there is no such person, 4 without the role.
    """
    from fynix_cli.moderating.held import ReviewWanted, review_held
    from fynix_cli.moderating.people import Caller

    filters = {"rule": rule, "limit": limit, "after": after}
    wanted = ReviewWanted(reason, ids or [], sender, filters, dry_run)
    review_held(Caller(profile, server), wanted, output)


@app.command()
def release(
    reason: ReasonOption,
    ids: IdsArgument = None,
    all_of: AllOfOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let messages through. They arrive now, as the newest of their conversations.

    Those that cannot arrive, since their senders have left or are blocked, are told and passed
    over. With --all-of one is asked first.

    \b
    Examples:
      fynix moderation held release 0198c0de-0000-7000-8000-000000000001 --reason harmless
      fynix moderation held release --all-of bob --reason "the rule was wrong"

    Takes the role moderator, and admin for what those with a role have written. Nobody decides
    about their own. Exits 5 if one was decided about already or cannot arrive, 3 if one is not
    there, 4 without the role.
    """
    from fynix_cli.moderating.held import Decision, decide
    from fynix_cli.moderating.people import Caller

    _require_one_way(ids, all_of)
    decision = Decision("release", reason, ids or [], all_of, dry_run, yes)
    raise typer.Exit(decide(Caller(profile, server), decision, output))


@app.command()
def reject(
    reason: ReasonOption,
    ids: IdsArgument = None,
    all_of: AllOfOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Delete held messages, and tell their senders, without saying why.

    One is asked first: for how many messages, or with --all-of for the name.

    \b
    Examples:
      fynix moderation held reject 0198c0de-0000-7000-8000-000000000001 --reason spam
      fynix moderation held reject --all-of mallory --reason spam --dry-run

    Takes the role moderator, and admin for what those with a role have written. Nobody decides
    about their own. Exits 5 if one was decided about already, 3 if one is not there, 4 without
    the role.
    """
    from fynix_cli.moderating.held import Decision, decide
    from fynix_cli.moderating.people import Caller

    _require_one_way(ids, all_of)
    decision = Decision("reject", reason, ids or [], all_of, dry_run, yes)
    raise typer.Exit(decide(Caller(profile, server), decision, output))


def _require_one_way(ids: list[str] | None, all_of: str | None) -> None:
    if bool(ids) == bool(all_of):
        raise typer.BadParameter("give IDs or --all-of, and only one", param_hint="ID")
