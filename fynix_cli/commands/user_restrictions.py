"""`fynix user mute` and its like: what somebody may write, through the API of a server."""

from fynix_cli.moderating.options import (
    DryRunOption,
    ForOption,
    PersonArgument,
    ReasonOption,
    YesOption,
)
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat


def mute(
    user: PersonArgument,
    reason: ReasonOption,
    duration: ForOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let somebody read but not write. For a time, or until it is lifted.

    \b
    Examples:
      fynix user mute bob --for 1h --reason flooding

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are so already,
    4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("mute", "mute", reason, dry_run, span=span_of(duration))
    act_on_user(Caller(profile, server), user, act, output)


def unmute(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let somebody write again.

    \b
    Examples:
      fynix user unmute bob --reason "has calmed down"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are not so,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("unmute", "unmute", reason, dry_run)
    act_on_user(Caller(profile, server), user, act, output)


def shadow_limit(
    user: PersonArgument,
    reason: ReasonOption,
    duration: ForOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let somebody write what only they themselves see. They are not told: a last resort.

    \b
    Examples:
      fynix user shadow-limit bob --for 1w --reason "spam, new accounts each time"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are so already,
    4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("shadow-limit", "shadow-limit", reason, dry_run, yes, span=span_of(duration))
    act_on_user(Caller(profile, server), user, act, output)


def unshadow_limit(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let others see again what somebody writes from now on.

    \b
    Examples:
      fynix user unshadow-limit bob --reason "appeal granted"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are not so,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("unshadow-limit", "end the shadow limit of", reason, dry_run)
    act_on_user(Caller(profile, server), user, act, output)


def hold(
    user: PersonArgument,
    reason: ReasonOption,
    duration: ForOption = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Hold whatever somebody writes for review.

    \b
    Examples:
      fynix user hold bob --for 1d --reason "links to unknown sites"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are so already,
    4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("hold", "hold the messages of", reason, dry_run, span=span_of(duration))
    act_on_user(Caller(profile, server), user, act, output)


def unhold(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let what somebody writes go out at once again.

    \b
    Examples:
      fynix user unhold bob --reason "all was well"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are not so,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("unhold", "hold no more messages of", reason, dry_run)
    act_on_user(Caller(profile, server), user, act, output)
