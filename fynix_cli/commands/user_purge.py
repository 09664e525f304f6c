"""`fynix user purge`: removing what somebody wrote lately."""

from typing import Annotated

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat


def purge(
    user: PersonArgument,
    since: Annotated[
        str, typer.Option("--since", metavar="DURATION", help="How far back: 30m, 24h, 7d.")
    ],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove what somebody wrote lately. In every conversation; a table of how many in each.

    Whoever looks at a conversation sees them go. Suspend or mute them first, or they write on.
    Where it is interrupted, type it again: it goes on with what is left.

    \b
    Examples:
      fynix user purge bob --since 24h --reason spam --dry-run
      fynix user purge bob --since 24h --reason "spam, case 0198..." --yes

    Takes the role moderator, and admin for one who has a role. Exits 2 if the duration is none,
    3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating.durations import seconds_of
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.purging import Purge, purge_user

    wanted = Purge(user, seconds_of(since), reason, dry_run, yes)
    purge_user(Caller(profile, server), wanted, output)
