"""`fynix send`, `conversations`, `messages`, `read` and `delete`: talking to people."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.options import OutputOption, ProfileOption, ServerOption, TargetArgument
from fynix_cli.output import OutputFormat

# The work is imported within each function: `--help` then needs no HTTP client.


def send(
    target: TargetArgument,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What to say; - for all of stdin.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Send each line that is not blank; - for stdin."),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="At the rate limit fail, with 6; else wait.")
    ] = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Send a message, or a file of them.

    A message that has to be tried again, because the line dropped or the server restarted, is
    stored once. On stdin, the line break at the very end is not sent. Ctrl-C amid a file says
    how many were sent.

    \b
    Examples:
      fynix send bob "hello"
      git log -1 | fynix send bob -
      fynix send bob --file lines.txt
      fynix send 0198c0de-0000-7000-8000-000000000001 "to a conversation" -o json
      fynix send bob "hello" --as alice

    Exits 3 if there is no such person or conversation, 4 if you may not write there, 6 at the
    rate limit with --no-wait, 7 if there is no server.
    """
    if (text is None) == (file is None):
        raise typer.BadParameter("give TEXT, - or --file, and only one", param_hint="TEXT")

    from fynix_cli.chat.sending import Outgoing, read_contents, send_all
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    outgoing = Outgoing(target, read_contents(text, file), waits=not no_wait, output=output)
    asyncio.run(send_all(rest, outgoing))


def conversations(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List your conversations, the latest active first.

    \b
    Examples:
      fynix conversations
      fynix conversations --limit 100 -o jsonl | jq -r .id

    Piped, the columns are: id, with whom, unread, time of the last message, last message.
    """
    from fynix_cli.chat.history import list_conversations
    from fynix_cli.session import rest_client

    asyncio.run(list_conversations(rest_client(profile, server), limit, output))


def messages(
    target: TargetArgument,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    before_seq: Annotated[
        int | None,
        typer.Option(
            "--before-seq", min=0, show_default=False, help="Only older ones than this seq."
        ),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show the latest messages of a conversation, the newest at the bottom.

    \b
    Examples:
      fynix messages bob
      fynix messages bob --limit 100 --before-seq 240
      fynix messages bob -o jsonl | jq -r .content

    Piped, the columns are: seq, time, sender, content, id. Exits 3 if there is no such
    conversation.
    """
    from fynix_cli.chat.history import list_messages
    from fynix_cli.session import rest_client

    rest = rest_client(profile, server)
    asyncio.run(list_messages(rest, target, limit, before_seq, output))


def read(
    target: TargetArgument,
    message_id: Annotated[
        str | None,
        typer.Argument(metavar="MESSAGE_ID", help="Up to and with this one; default: the newest."),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Mark messages as read.

    \b
    Examples:
      fynix read bob
      fynix read bob 0198c0de-0000-7000-8000-000000000001
    """
    from fynix_cli.chat.history import mark_read
    from fynix_cli.session import rest_client

    asyncio.run(mark_read(rest_client(profile, server), target, message_id, output))


def edit(
    target: TargetArgument,
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID", help="Which message.")],
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What it is to say; - for all of stdin.")
    ],
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Change what a message of yours says, for everybody. It is shown as edited.

    \b
    Examples:
      fynix edit bob 0198c0de-0000-7000-8000-000000000001 "See you at noon"

    Exits 3 if there is no such message, 4 if it is not yours.
    """
    from fynix_cli.chat.editing import edit_message
    from fynix_cli.chat.sending import read_contents
    from fynix_cli.session import rest_client

    (content,) = read_contents(text, None)
    asyncio.run(edit_message(rest_client(profile, server), target, message_id, content, output))


def delete(
    target: TargetArgument,
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID", help="Which message.")],
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go, and leave it.")
    ] = False,
    is_confirmed: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Delete a message of yours, for everybody. Asks first.

    \b
    Examples:
      fynix delete bob 0198c0de-0000-7000-8000-000000000001 --dry-run
      fynix delete bob 0198c0de-0000-7000-8000-000000000001 --yes

    Exits 3 if there is no such message, 4 if it is not yours.
    """
    from fynix_cli.chat.deleting import Deletion, delete_message
    from fynix_cli.session import rest_client

    deletion = Deletion(target, message_id, is_dry_run, is_confirmed)
    asyncio.run(delete_message(rest_client(profile, server), deletion))
