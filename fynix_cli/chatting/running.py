"""Running the chat from the command line: what comes before the screen, and after it."""

import asyncio
import os
import sys
import time
from typing import NoReturn

from fynix_cli.chatting.app import ChatApp
from fynix_cli.chatting.courier import open_courier
from fynix_cli.chatting.desk import Desk
from fynix_cli.chatting.replacements import replacing_what_cannot_be_shown
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk


def require_terminal() -> None:
    """Raises: CommandError (there is nobody at a terminal, or it can only print lines)."""
    # Stderr too: Textual draws on it.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        _refuse("fynix chat needs a terminal")
    if os.environ.get("TERM") == "dumb":
        _refuse("fynix chat needs a terminal that can draw, and TERM is dumb")


def _refuse(why: str) -> NoReturn:
    raise CommandError(
        why,
        hint="without one, use: fynix send NAME TEXT, and fynix tail",
        exit_code=ExitCode.USAGE,
    )


async def chat(rest: RestClient, target: str | None) -> None:
    """Chat until quit. `target`: what to open first; None: the list.

    Raises: CommandError (there is no such target; the login has ended), once the terminal is
    as it was before.
    """
    async with rest:
        courier = await open_courier(rest, time.monotonic)
        if target is not None:
            await courier.open_target(target)
        app = ChatApp(courier, time.monotonic)
        # Textual draws on the one or the other, by platform.
        with (
            replacing_what_cannot_be_shown(sys.__stdout__),
            replacing_what_cannot_be_shown(sys.__stderr__),
        ):
            await app.run_async()
    _tell_unsent(courier.desk)
    if app.failure is not None:
        raise app.failure
    _pass_on_interruption()


def _tell_unsent(desk: Desk) -> None:
    for thread in desk.threads():
        for outgoing in thread.outbox:
            talk(f"fynix chat: not sent to {desk.title_of(thread)}: {outgoing.text}")


def _pass_on_interruption() -> None:
    # Textual takes a cancellation for a wish to quit, and with it the SIGTERM that it came from.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
