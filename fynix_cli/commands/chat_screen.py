"""`fynix chat`: talking on a full screen."""

import asyncio
from typing import Annotated

import typer

from fynix_cli.options import ProfileOption, ServerOption

# The work is imported within the function: `--help` then needs neither a client nor a screen.


def chat(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[PERSON|CONVERSATION]",
            show_default=False,
            help="A username, a group's name, or an id of either. Default: the list of them.",
        ),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Talk on a full screen: history, live messages, who types, who has read.

    With somebody you have not talked to yet, the conversation begins with your first message.
    Messages are marked as read when they stand on the screen and the terminal has the focus.
    When the line drops it connects anew and shows what was missed.

    \b
    Keys (F1 shows them all):
      Enter sends, Ctrl+J breaks the line, PgUp and PgDn scroll,
      Ctrl+N next conversation, Ctrl+O open another, F2 the list, Ctrl+Q quits

    \b
    Examples:
      fynix chat
      fynix chat bob
      fynix chat Climbers
      fynix chat bob --as alice

    Exits 2 where there is no terminal, 3 if there is no such person or conversation, 4 if the
    login has ended, 7 if there is no server, 130 at SIGTERM.
    """
    from fynix_cli.chatting.running import chat as run_chat
    from fynix_cli.chatting.running import require_terminal
    from fynix_cli.session import rest_client
    from fynix_cli.termination import end_like_ctrl_c

    require_terminal()
    end_like_ctrl_c()
    asyncio.run(run_chat(rest_client(profile, server), target))
