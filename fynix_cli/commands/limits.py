"""`fynix limits`: how often somebody may do something, looked at and changed by hand."""

from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="How often somebody may do something: look, change, exempt, forget what was counted.",
)
ForOption = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="DURATION",
        show_default=False,
        help="30m, 12h, 7d, 2w. Default: until it is cleared.",
    ),
]
BucketArgument = Annotated[
    str | None,
    typer.Argument(metavar="BUCKET", show_default=False, help="Default: every bucket."),
]


@app.command()
def show(
    user: PersonArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show the limits of somebody. Of each bucket who set it, and what is used of it.

    \b
    Examples:
      fynix limits show bob
      fynix limits show bob -o json

    Nothing is counted by looking. Takes the role moderator. Exits 3 if there is nobody of that
    name, 4 without the role.
    """
    from fynix_cli.moderating.limits import show_limits
    from fynix_cli.moderating.people import Caller

    show_limits(Caller(profile, server), user, output)


@app.command("set")
def set_limit(
    user: PersonArgument,
    bucket: Annotated[
        str, typer.Argument(metavar="BUCKET", help="As fynix limits show names them.")
    ],
    limit: Annotated[
        str, typer.Argument(metavar="COUNT/SECONDS", help="So many in any so many seconds.")
    ],
    reason: ReasonOption,
    duration: ForOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Give somebody another limit than everybody's. What was counted stays counted.

    \b
    Examples:
      fynix limits set bob messages 100/60 --reason "runs the help desk"
      fynix limits set bob messages 1/60 --for 1d --reason "slow mode after a flood"

    Takes the role admin. Exits 2 if that is no limit, 5 if their limit is that already, 1 if there
    is no such bucket, 4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.limits import LimitsAct, change_limits, quota_of
    from fynix_cli.moderating.people import Caller

    what = f"set to {limit} the limit {bucket} of"
    act = LimitsAct("set", what, bucket, reason, dry_run, quota_of(limit), span_of(duration))
    change_limits(Caller(profile, server), user, act, output)


@app.command()
def exempt(
    user: PersonArgument,
    reason: ReasonOption,
    bucket: BucketArgument = None,
    duration: ForOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let somebody do something as often as they like. Nothing is counted meanwhile.

    \b
    Examples:
      fynix limits exempt loadtest --for 2h --reason "measuring, ticket 17"
      fynix limits exempt bridge messages --reason "relays a whole channel"

    Takes the role admin. Exits 5 if they are exempt already, 1 if there is no such bucket,
    4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.limits import LimitsAct, change_limits
    from fynix_cli.moderating.people import Caller

    what = f"lift {_whose(bucket)} of"
    act = LimitsAct("exempt", what, bucket, reason, dry_run, span=span_of(duration))
    change_limits(Caller(profile, server), user, act, output)


@app.command()
def clear(
    user: PersonArgument,
    reason: ReasonOption,
    bucket: BucketArgument = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let what holds for everybody hold for somebody again.

    \b
    Examples:
      fynix limits clear bob messages --reason "has calmed down"

    Takes the role admin. Exits 5 if they have no limit of their own there, 1 if there is no such
    bucket, 4 without the role.
    """
    from fynix_cli.moderating.limits import LimitsAct, change_limits
    from fynix_cli.moderating.people import Caller

    act = LimitsAct("clear", f"clear {_whose(bucket)} of", bucket, reason, dry_run)
    change_limits(Caller(profile, server), user, act, output)


@app.command()
def reset(
    user: PersonArgument,
    reason: ReasonOption,
    bucket: BucketArgument = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Forget what was counted of somebody, so that they begin anew. Limits stay as they are.

    \b
    Examples:
      fynix limits reset bob login --reason "somebody else tried their name"

    Prints how many were forgotten, by bucket. Takes the role admin. Exits 1 if there is no such
    bucket, 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating.limits import LimitsAct, reset_limits
    from fynix_cli.moderating.people import Caller

    what = f"forget what was counted in {bucket or 'every bucket'} of"
    act = LimitsAct("reset", what, bucket, reason, dry_run)
    reset_limits(Caller(profile, server), user, act, output)


def _whose(bucket: str | None) -> str:
    return "every limit" if bucket is None else f"the limit {bucket}"
