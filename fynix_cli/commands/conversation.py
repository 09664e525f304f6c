"""`fynix conversation`: the people of a group, its name, and who may do what in it."""

import asyncio
from typing import Annotated

import typer

from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

# The work is imported within each function: `--help` then needs no HTTP client.

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Groups: begin and rename them, take people in and let them go, say who may do what.",
)
GroupArgument = Annotated[
    str,
    typer.Argument(metavar="CONVERSATION", help="A group's id, or its name where you are in one."),
]
MemberArgument = Annotated[str, typer.Argument(metavar="USER", help="A username or a user id.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say whether it would be done, and do nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    users: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[USER]...",
            show_default=False,
            help="Whom to take in: usernames or user ids. Default: nobody yet.",
        ),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Begin a group, whose owner you are. Prints its id.

    \b
    Examples:
      fynix conversation create Climbers bob carol
      id=$(fynix conversation create Climbers bob) && fynix send "$id" "hello"

    Exits 3 if there is nobody of one of the names, 4 if you may not take somebody in; then there
    is no group.
    """
    from fynix_cli.groups.acting import create_group
    from fynix_cli.session import rest_client

    asyncio.run(create_group(rest_client(profile, server), name, users or [], output))


@app.command()
def members(
    conversation: GroupArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List who is in a conversation, and their roles. Those there longest come first.

    \b
    Examples:
      fynix conversation members Climbers
      fynix conversation members Climbers -o jsonl | jq -r .username

    Piped, the columns are: username, role, time of joining. Exits 3 if there is no such
    conversation, 4 if you are not in it.
    """
    from fynix_cli.groups.acting import show_members
    from fynix_cli.session import rest_client

    asyncio.run(show_members(rest_client(profile, server), conversation, output))


@app.command()
def rename(
    conversation: GroupArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Rename a group, as its owner or an admin of it.

    \b
    Examples:
      fynix conversation rename Climbers "Hikers"

    Exits 3 if there is no such group, 4 if you may not.
    """
    from fynix_cli.groups.acting import change_group
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(change_group(rest, conversation, {"name": name}, output))


@app.command()
def describe(
    conversation: GroupArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='What it is about; "": nothing.')],
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Say what a group is about, as its owner or an admin of it.

    \b
    Examples:
      fynix conversation describe Climbers "Every other Sunday"

    Exits 3 if there is no such group, 4 if you may not.
    """
    from fynix_cli.groups.acting import change_group
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(change_group(rest, conversation, {"description": text}, output))


@app.command()
def add(
    conversation: GroupArgument,
    user: MemberArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Take somebody into a group, as its owner or an admin of it.

    \b
    Examples:
      fynix conversation add Climbers carol

    Exits 3 if there is no such group or person, 4 if you may not, 5 if they are in it already or
    it is full.
    """
    from fynix_cli.groups.acting import add_member
    from fynix_cli.session import rest_client

    asyncio.run(add_member(rest_client(profile, server), conversation, user, output))


@app.command()
def remove(
    conversation: GroupArgument,
    user: MemberArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Take somebody out of a group. Its owner anybody, an admin of it members. Asks first.

    \b
    Examples:
      fynix conversation remove Climbers carol --dry-run
      fynix conversation remove Climbers carol --yes

    Exits 3 if there is no such group or they are not in it, 4 if you may not.
    """
    from fynix_cli.groups.acting import Caution, remove_member
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(remove_member(rest, conversation, user, Caution(dry_run, yes)))


@app.command()
def promote(
    conversation: GroupArgument,
    user: MemberArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Make somebody an admin of a group, as its owner.

    \b
    Examples:
      fynix conversation promote Climbers bob

    Exits 3 if there is no such group or they are not in it, 4 if you may not, 5 if they are an
    admin already.
    """
    from fynix_cli.groups.acting import Caution, give_role
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(give_role(rest, (conversation, user), "admin", Caution(), output))


@app.command()
def demote(
    conversation: GroupArgument,
    user: MemberArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Make an admin of a group a member like the others, as its owner.

    \b
    Examples:
      fynix conversation demote Climbers bob

    Exits 3 if there is no such group or they are not in it, 4 if you may not, 5 if they are no
    admin.
    """
    from fynix_cli.groups.acting import Caution, give_role
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(give_role(rest, (conversation, user), "member", Caution(), output))


@app.command()
def transfer(
    conversation: GroupArgument,
    user: MemberArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Hand a group of yours on to somebody in it. You are an admin of it then. Asks first.

    \b
    Examples:
      fynix conversation transfer Climbers bob --dry-run
      fynix conversation transfer Climbers bob --yes

    Exits 3 if there is no such group or they are not in it, 4 if it is not yours, 5 if they are
    you.
    """
    from fynix_cli.groups.acting import Caution, give_role
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    caution = Caution(dry_run, yes)
    asyncio.run(give_role(rest, (conversation, user), "owner", caution, output))


@app.command()
def leave(
    conversation: GroupArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Leave a group: you read nothing of it any more. Asks first.

    One that is yours goes to the admin who has been there longest, or else to the member who has;
    or hand it on before, with `fynix conversation transfer`.

    \b
    Examples:
      fynix conversation leave Climbers --dry-run
      fynix conversation leave Climbers --yes

    Exits 3 if there is no such group, 4 if you are not in it.
    """
    from fynix_cli.groups.acting import Caution, leave_group
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(leave_group(rest, conversation, Caution(dry_run, yes)))
