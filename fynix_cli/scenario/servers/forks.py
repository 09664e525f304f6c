"""Starting nodes quickly: they are forked from a process that has loaded everything already."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from fynix_cli.errors import CommandError
from fynix_cli.scenario.servers.entry import migrate, serve
from fynix_cli.scenario.servers.node_plan import DONE, READY, NodePlan

START_SECONDS = 60.0
STOP_SECONDS = 15.0
ORDER_SECONDS = 10.0


_WARM = "fynix_cli.scenario.servers.warm"

Target = Callable[[Connection, NodePlan], None]


def prepare() -> None:
    """Begin to load what nodes need, in another process; returns at once. From the main thread,
    before any node; again does no harm."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise CommandError(
            "private servers are forked, which this system cannot do",
            hint="play on a server that runs already: --server URL",
        )
    from multiprocessing.forkserver import ensure_running

    multiprocessing.get_context("forkserver").set_forkserver_preload([_WARM])
    try:
        with _deaf_to_interrupts():
            ensure_running()
    except OSError as error:
        # Its socket lies in the folder for temporary files, and such a path may not be long.
        raise CommandError(
            f"private servers cannot be started ({error})",
            hint="TMPDIR must be a short path that may be written to, such as /tmp",
        ) from error


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What begins meanwhile ignores Ctrl-C, which is for whoever started it: while it loads it
    would else tell of it by a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class NodeGone(Exception):
    """The node has ended by itself; its log tells why."""


class NodeProcess:
    """A node that runs. Every method but `kill` raises NodeGone."""

    def __init__(self, process: ForkServerProcess, control: Connection, port: int) -> None:
        self._process = process
        self._control = control
        self.port = port

    @property
    def pid(self) -> int:
        return int(self._process.pid or 0)

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    async def order(self, what: str, value: Any = None) -> None:
        """Have it do something; returns when it is done."""
        try:
            self._control.send((what, value))
            await _said(self._control, ORDER_SECONDS)
        except (EOFError, OSError) as error:
            raise NodeGone from error

    async def stop(self) -> None:
        """End it in order; by force if it takes too long, or has ended already."""
        with suppress(NodeGone):
            await self.order("stop")
        await asyncio.to_thread(self._process.join, STOP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        await _end(self._process, self._control)


async def start_node(plan: NodePlan) -> NodeProcess:
    """Raises: CommandError (it does not start), with the end of its log."""
    process, control = await _started(serve, plan)
    answer = await _first_words(control)
    if answer[0] == READY:
        return NodeProcess(process, control, answer[1])
    await _end(process, control)
    raise CommandError(f"a private server did not start: {answer[1] or _last_words(plan)}")


async def migrate_database(plan: NodePlan) -> None:
    """Bring the database of `plan` up to date. Raises: CommandError."""
    process, control = await _started(migrate, plan)
    answer = await _first_words(control)
    await _end(process, control)
    if answer[0] != DONE:
        why = answer[1] or _last_words(plan)
        raise CommandError(f"the database of a private server cannot be made: {why}")


async def _started(target: Target, plan: NodePlan) -> tuple[ForkServerProcess, Connection]:
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, plan), daemon=True)
    await asyncio.to_thread(process.start)
    theirs.close()
    return process, ours


async def _first_words(control: Connection) -> tuple[str, Any]:
    try:
        return await _said(control, START_SECONDS)
    except (EOFError, OSError):
        return "gone", None


async def _end(process: ForkServerProcess, control: Connection) -> None:
    process.kill()
    await asyncio.to_thread(process.join)
    control.close()


async def _said(control: Connection, seconds: float) -> tuple[str, Any]:
    if not await asyncio.to_thread(control.poll, seconds):
        raise EOFError
    answer: tuple[str, Any] = control.recv()
    return answer


def _last_words(plan: NodePlan) -> str:
    said = plan.log.read_text(errors="replace").strip().splitlines() if plan.log.exists() else []
    return " / ".join(said[-3:]) or "it said nothing"
