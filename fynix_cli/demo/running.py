"""The work behind `fynix demo`, in its order."""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fynix_cli.demo.interruption import cancelled_by_signals
from fynix_cli.demo.person import joined
from fynix_cli.demo.private_server import PrivateServer, last_words, private_server
from fynix_cli.demo.script import Scene, play
from fynix_cli.demo.stage import Stage, stage_here
from fynix_cli.errors import CommandError
from fynix_cli.line_proxy import Proxy
from fynix_cli.output import talk
from fynix_cli.serving.demo import DEMO_PASSWORD, program_name


@dataclass(frozen=True)
class DemoRequest:
    """`speed` 0: without pauses. `is_kept`: the server goes on until it is interrupted."""

    speed: float
    is_kept: bool


def run_demo(request: DemoRequest) -> None:
    """Show everything; whatever happens, no process and no folder is left.

    Raises: CommandError, SettingsError, KeyboardInterrupt (it was told to end).
    """
    try:
        asyncio.run(_run(request))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _run(request: DemoRequest) -> None:
    with cancelled_by_signals():
        talk("Starting a server of its own …")
        async with private_server() as server:
            await _unless_it_ends(server, _show(server, stage_here(request.speed)))
            if request.is_kept:
                await _keep(server)
    if not request.is_kept:
        _tell_what_to_type()


async def _show(server: PrivateServer, stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(stage.open())
        line = Proxy(urlsplit(server.url).port or 80)
        await line.start()
        stack.push_async_callback(line.close)
        bobs_way = f"http://127.0.0.1:{line.port}"
        alice = await stack.enter_async_context(joined(server.url, "alice", DEMO_PASSWORD, stage))
        bob = await stack.enter_async_context(joined(bobs_way, "bob", DEMO_PASSWORD, stage))
        conversation = await alice.rest.open_dm(bob.window.own_id)
        await play(Scene(stage, alice, bob, conversation.id, line))


async def _keep(server: PrivateServer) -> None:
    program = program_name(sys.argv[0])
    talk(f"The server stays on {server.url} until Ctrl-C; the password is {DEMO_PASSWORD}:")
    talk(f"  {program} login bob --server {server.url} && {program} tail --as bob")
    talk(f'  {program} login alice --server {server.url} && {program} send bob "hello"')
    try:
        await _unless_it_ends(server, _for_ever())
    except asyncio.CancelledError:
        # Which is how one ends it.
        return


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _unless_it_ends(server: PrivateServer, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`. Raises: CommandError (the server ends before that), and what `work` does."""
    working = asyncio.create_task(work)
    ending = asyncio.create_task(server.process.wait())
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise CommandError("the demo's server has ended by itself", hint=last_words(server.log))
        await working
    finally:
        working.cancel()
        ending.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)


def _tell_what_to_type() -> None:
    program = program_name(sys.argv[0])
    talk("The server and its data are gone. For yourself, a server with people:")
    talk(f"  {program} serve --demo")
    talk(f"and in two more terminals, with the password {DEMO_PASSWORD}:")
    talk(f"  {program} login bob && {program} tail --as bob")
    talk(f'  {program} login alice && {program} send bob "hello"')
