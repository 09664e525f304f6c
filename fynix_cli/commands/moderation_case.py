"""`fynix moderation case`: what people report, from the queue to the outcome."""

from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, ReasonOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What people report: the queue, the evidence, the outcome.",
)
CaseArgument = Annotated[str, typer.Argument(metavar="CASE_ID", help="As `case list` shows it.")]


class CaseState(StrEnum):
    open = "open"
    assigned = "assigned"
    actioned = "actioned"
    dismissed = "dismissed"
    all = "all"


@app.command("list")
def list_(
    status: Annotated[
        CaseState | None,
        typer.Option(
            "--status", show_default=False, help="Default: open; with --assigned-to: assigned."
        ),
    ] = None,
    assigned_to: Annotated[
        str | None,
        typer.Option(
            "--assigned-to", metavar="USER", show_default=False, help="A moderator, or me."
        ),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option("--about", metavar="USER", show_default=False, help="Only about them."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="USER", show_default=False, help="Only reported by them."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="CASE_ID", show_default=False, help="Begin after it."),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List cases, the oldest first. Those about yourself are left out, and for moderators those
    about people with a role.

    \b
    Examples:
      fynix moderation case list
      fynix moderation case list --assigned-to me
      fynix moderation case list --about bob --status all -o jsonl

    Piped, the columns are: id, date (with --status all: status), reason, about whom, by whom.
    Takes the role moderator. Exits 4 without it.
    """
    from fynix_cli.moderating.cases import CasesWanted, list_cases
    from fynix_cli.moderating.people import Caller

    wanted = CasesWanted(status.value if status else None, assigned_to, about, by, limit, after)
    list_cases(Caller(profile, server), wanted, output)


@app.command()
def show(
    case_id: CaseArgument,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="TEXT",
            show_default=False,
            help="Show what people wrote too; the audit log says why you read it.",
        ),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show a case. With --reason the comment and the evidence too, which is recorded.

    \b
    Examples:
      fynix moderation case show 0198c0de-0000-7000-8000-00000000ca5e
      fynix moderation case show 0198c0de-0000-7000-8000-00000000ca5e --reason "to judge it"

    `>` marks the message reported. Takes the role moderator, and admin where it is about
    somebody with a role. Exits 3 if there is no such case, 4 without the role.
    """
    from fynix_cli.moderating.cases import show_case
    from fynix_cli.moderating.people import Caller

    show_case(Caller(profile, server), case_id, reason, output, is_dry_run=dry_run)


@app.command()
def assign(
    case_id: CaseArgument,
    reason: ReasonOption,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="USER", show_default=False, help="Default: yourself."),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Take a case, or give it to another moderator. Also one that another has.

    \b
    Examples:
      fynix moderation case assign 0198c0de-0000-7000-8000-00000000ca5e --reason "my turn"
      fynix moderation case assign 0198c0de-0000-7000-8000-00000000ca5e --to mia --reason "hers"

    Exits 5 if it is theirs already, it is closed, or they could not decide it.
    """
    from fynix_cli.moderating.cases import CaseAct, act_on_case
    from fynix_cli.moderating.people import Caller

    act_on_case(
        Caller(profile, server), case_id, CaseAct("assign", reason, dry_run, assignee=to), output
    )


@app.command()
def action(
    case_id: CaseArgument,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="TEXT", help="What the reporter is told.")
    ],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Close a case as acted on, and tell the reporter.

    It does nothing to anybody itself: warn, mute or ban with `fynix user`, before.

    \b
    Examples:
      fynix moderation case action 0198c0de-0000-7000-8000-00000000ca5e \\
        --outcome "Thank you. We have seen to it." --reason "spam, banned"

    Exits 5 if it is closed already, or another moderator has it.
    """
    from fynix_cli.moderating.cases import CaseAct, act_on_case
    from fynix_cli.moderating.people import Caller

    act = CaseAct("action", reason, dry_run, outcome)
    act_on_case(Caller(profile, server), case_id, act, output)


@app.command()
def dismiss(
    case_id: CaseArgument,
    reason: ReasonOption,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="TEXT",
            show_default=False,
            help="What the reporter is told. Default: nothing against the rules was found.",
        ),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Close a case as nothing to act on, and tell the reporter.

    \b
    Examples:
      fynix moderation case dismiss 0198c0de-0000-7000-8000-00000000ca5e --reason "banter"

    Exits 5 if it is closed already, or another moderator has it.
    """
    from fynix_cli.moderating.cases import CaseAct, act_on_case
    from fynix_cli.moderating.people import Caller

    act = CaseAct("dismiss", reason, dry_run, outcome)
    act_on_case(Caller(profile, server), case_id, act, output)
