"""`fynix block`, `unblock` and `blocks`: whom one wants nothing from."""

import asyncio

from fynix_cli.moderating.options import PersonArgument
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat


def block(user: PersonArgument, profile: ProfileOption = None, server: ServerOption = None) -> None:
    """Want nothing more from somebody: no messages, no typing, no receipts. They are not told.

    \b
    Examples:
      fynix block bob

    In groups their messages arrive marked. Exits 3 if there is nobody of that name.
    """
    from fynix_cli.chat.blocking import block_person
    from fynix_cli.session import rest_client

    asyncio.run(block_person(rest_client(profile, server), user))


def unblock(
    user: PersonArgument, profile: ProfileOption = None, server: ServerOption = None
) -> None:
    """Take a block back. What they tried to send meanwhile does not arrive.

    \b
    Examples:
      fynix unblock bob

    Exits 3 if there is nobody of that name, or no block.
    """
    from fynix_cli.chat.blocking import unblock_person
    from fynix_cli.session import rest_client

    asyncio.run(unblock_person(rest_client(profile, server), user))


def blocks(
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List whom you have blocked.

    \b
    Examples:
      fynix blocks
      fynix blocks -o jsonl | jq -r .username

    Piped, the columns are: username, display name, since when.
    """
    from fynix_cli.chat.blocking import list_blocks
    from fynix_cli.session import rest_client

    asyncio.run(list_blocks(rest_client(profile, server), output))
