"""`fynix report`, `reports` and `notices`: telling the moderators, and being told."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

# The work is imported within each function: `--help` then needs no HTTP client.


class Cause(StrEnum):
    spam = "spam"
    harassment = "harassment"
    threat = "threat"
    illegal = "illegal"
    other = "other"


def report(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="A person; with MESSAGE_ID also a conversation id."),
    ],
    message_id: Annotated[
        str | None,
        typer.Argument(metavar="MESSAGE_ID", show_default=False, help="Default: the person."),
    ] = None,
    *,
    reason: Annotated[Cause, typer.Option("--reason", help="What it is.")],
    comment: Annotated[
        str | None,
        typer.Option("--comment", metavar="TEXT", show_default=False, help="In your own words."),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Report a message, or a person, to the moderators. Prints the report's id.

    With a message they get it as it is now, with up to five before and five after it. Whoever is
    reported is not told.

    \b
    Examples:
      fynix report bob --reason harassment --comment "Since Monday, every day."
      fynix report bob 0198c0de-0000-7000-8000-000000000001 --reason spam

    Exits 3 if there is no such message or person in a conversation of yours, 5 if you have
    reported it and the case is open, 6 at the rate limit.
    """
    from fynix_cli.chat.reporting import Complaint, make_report
    from fynix_cli.session import rest_client

    complaint = Complaint(target, message_id, reason.value, comment)
    asyncio.run(make_report(rest_client(profile, server), complaint, output))


def reports(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List what you have reported and what became of it, the newest first.

    \b
    Examples:
      fynix reports
      fynix reports -o jsonl | jq -r .outcome

    Piped, the columns are: id, date, reason, status, outcome.
    """
    from fynix_cli.chat.reporting import list_reports
    from fynix_cli.session import rest_client

    asyncio.run(list_reports(rest_client(profile, server), limit, output))


def notices(
    is_unread: Annotated[
        bool, typer.Option("--unread", help="Only those that you have not read.")
    ] = False,
    is_marked: Annotated[
        bool, typer.Option("--mark-read", help="Mark these, and all older ones, as read.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List what the server has told you: warnings, outcomes of reports. The newest first.

    \b
    Examples:
      fynix notices --unread --mark-read

    Piped, the columns are: time, kind, whether read, text.
    """
    from fynix_cli.chat.reporting import NoticesWanted, list_notices
    from fynix_cli.session import rest_client

    wanted = NoticesWanted(limit, is_unread, is_marked)
    asyncio.run(list_notices(rest_client(profile, server), wanted, output))
