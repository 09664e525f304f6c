"""`fynix moderation spam …`: the spam score, through the API of a server."""

from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    no_args_is_help=True,
    help="The spam score: whose, why, and what came of it.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class SpamMeasure(StrEnum):
    none = "none"
    slow_mode = "slow_mode"
    hold = "hold"
    suspend = "suspend"


@app.command()
def explain(
    user: PersonArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Score somebody as of now, signal by signal. Tells what would come of it.

    It shows numbers, and nothing of what they wrote.

    \b
    Examples:
      fynix moderation spam explain bob
      fynix moderation spam explain bob -o json

    Takes the role moderator. Exits 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.spam import explain_score

    explain_score(Caller(profile, server), user, output)


@app.command("list")
def list_people(
    measure: Annotated[
        SpamMeasure | None,
        typer.Option("--measure", help="Only those whose score calls for this."),
    ] = None,
    exempt: Annotated[bool, typer.Option("--exempt", help="Only those who are exempt.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List those who were judged, the highest scores first.

    \b
    Examples:
      fynix moderation spam list --measure hold
      fynix moderation spam list --exempt -o jsonl

    Takes the role moderator. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.spam import Wanted, list_scores

    wanted = Wanted(None if measure is None else measure.value, exempt, limit)
    list_scores(Caller(profile, server), wanted, output)


@app.command()
def judge(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Judge somebody now. What the score calls for is done where the server's FYNIX_SPAM is act.

    \b
    Examples:
      fynix moderation spam judge bob --reason "three cases today" --dry-run

    Takes the role moderator, and admin for one who has a role. Exits 3 if there is nobody of that
    name, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.spam import SpamAct, act_on_score

    act_on_score(Caller(profile, server), user, SpamAct("judge", reason, dry_run), output)


@app.command()
def exempt(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Have nothing done to somebody because of the score. For bots that may write first.

    \b
    Examples:
      fynix moderation spam exempt builds --reason "tells of builds"

    Takes the role admin. Exits 5 if they are so already, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.spam import SpamAct, act_on_score

    act_on_score(Caller(profile, server), user, SpamAct("exempt", reason, dry_run), output)


@app.command()
def unexempt(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Judge somebody as anybody else again.

    \b
    Examples:
      fynix moderation spam unexempt builds --reason "has a new owner"

    Takes the role admin. Exits 5 if they are not so, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.spam import SpamAct, act_on_score

    act_on_score(Caller(profile, server), user, SpamAct("unexempt", reason, dry_run), output)
