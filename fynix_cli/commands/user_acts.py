"""`fynix user suspend` and its like: acts on people, through the API of a server."""

from typing import Annotated

import typer

from fynix_cli.moderating.options import (
    DryRunOption,
    PersonArgument,
    ReasonOption,
    YesOption,
)
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat
from fynix_cli.roles import Role, Status


def show(
    user: PersonArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show somebody as moderators see them. Status, restrictions, reports and blocks received.

    \b
    Examples:
      fynix user show bob
      fynix user show bob -o json

    Takes the role moderator. Exits 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller, show_user

    show_user(Caller(profile, server), user, output)


def find(
    beginning: Annotated[
        str | None,
        typer.Argument(metavar="BEGINNING", show_default=False, help="Of their username."),
    ] = None,
    role: Annotated[Role | None, typer.Option("--role", help="Only of this role.")] = None,
    status: Annotated[Status | None, typer.Option("--status", help="Only of this status.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="NAME", show_default=False, help="Begin after this name."),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Find people through a server: by name, role or status.

    \b
    Examples:
      fynix user find --status suspended
      fynix user find al --role moderator -o jsonl

    Takes the role moderator. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller, search_users

    wanted = {"q": beginning, "role": role, "status": status, "after": after}
    search_users(Caller(profile, server), wanted, limit, output)


def role(
    user: PersonArgument,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="user, moderator or admin.")],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Change what somebody may do on the server.

    \b
    Examples:
      fynix user role bob moderator --reason "knows the rules"

    Takes the role admin. Exits 5 if they are that already, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    what = f"give the role {role.value} to"
    act = UserAct("role", what, reason, dry_run, yes, {"role": role.value})
    act_on_user(Caller(profile, server), user, act, output)


def warn(
    user: PersonArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they are told.")],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Tell somebody something as a moderator. At once if they are there, else when they come.

    \b
    Examples:
      fynix user warn bob "Please stop posting links." --reason "three reports"

    Takes the role moderator. Exits 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("warn", "warn", reason, dry_run, extra={"text": text})
    act_on_user(Caller(profile, server), user, act, output)


def suspend(
    user: PersonArgument,
    duration: Annotated[str, typer.Option("--for", metavar="DURATION", help="30m, 12h, 7d, 2w.")],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Shut somebody out for a time. No request, no login; live connections close at once.

    \b
    Examples:
      fynix user suspend bob --for 7d --reason "threats, case 0198..."
      fynix user suspend bob --for 1d --reason test --dry-run

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are shut out
    already, 4 without the role.
    """
    from fynix_cli.moderating.durations import span_of
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("suspend", "suspend", reason, dry_run, yes, span=span_of(duration))
    act_on_user(Caller(profile, server), user, act, output)


def unsuspend(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """End a suspension before its time.

    \b
    Examples:
      fynix user unsuspend bob --reason "appeal granted"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are not so,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("unsuspend", "end the suspension of", reason, dry_run)
    act_on_user(Caller(profile, server), user, act, output)


def ban(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Shut somebody out for good. No request, no login; live connections close at once.

    \b
    Examples:
      fynix user ban bob --reason "sells malware"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are so already,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("ban", "ban", reason, dry_run, yes)
    act_on_user(Caller(profile, server), user, act, output)


def unban(
    user: PersonArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Let a banned person in again.

    \b
    Examples:
      fynix user unban bob --reason "mistaken identity"

    Takes the role moderator, and admin for one who has a role. Exits 5 if they are not so,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller, UserAct, act_on_user

    act = UserAct("unban", "end the ban of", reason, dry_run)
    act_on_user(Caller(profile, server), user, act, output)
