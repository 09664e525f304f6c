"""`fynix session`: where somebody is logged in, and ending that."""

from typing import Annotated
from uuid import UUID

import typer

from fynix_cli.moderating.options import DryRunOption, PersonArgument, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, help="Where somebody is logged in; end that."
)


@app.command("list")
def list_sessions(
    user: PersonArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    after: Annotated[
        UUID | None,
        typer.Option("--after", metavar="ID", show_default=False, help="Begin after this session."),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List somebody's logins that hold, the latest begun first.

    \b
    Examples:
      fynix session list bob
      fynix session list bob -o jsonl

    Takes the role moderator. Exits 3 if there is nobody of that name, 4 without the role.
    """
    from fynix_cli.moderating import sessions
    from fynix_cli.moderating.people import Caller

    sessions.list_sessions(Caller(profile, server), user, after, limit, output)


@app.command()
def revoke(
    user: PersonArgument,
    reason: ReasonOption,
    session: Annotated[
        str | None,
        typer.Argument(metavar="SESSION_ID", show_default=False, help="The login to end."),
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="End every login of theirs.")] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """End a login of somebody, or all. Tokens hold no more, and its sockets close with 4014.

    \b
    Examples:
      fynix session revoke bob --all --reason "lost a laptop"
      fynix session revoke bob 0198c0de-0000-7000-8000-000000000021 --reason "not theirs"

    They may log in again; to shut somebody out, use fynix user suspend. Takes the role admin.
    Exits 2 if it is not said which, 3 if they have no such login, 5 if they are logged in nowhere,
    4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.sessions import Revocation, chosen_session, revoke_sessions

    chosen = chosen_session(session, is_all=is_all)
    revoke_sessions(Caller(profile, server), user, Revocation(chosen, reason, dry_run, yes), output)
