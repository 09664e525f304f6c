"""What a whole session of pytest shares: a loop, and what private servers are made by."""

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from fynix_cli.pytest_plugin.options import STACKS, Options

if TYPE_CHECKING:
    from fynix_cli.pytest_plugin.loop_thread import LoopThread
    from fynix_cli.scenario.model.script import Script
    from fynix_cli.scenario.playing.outcome import Outcome
    from fynix_cli.scenario.servers.makers import WorldMaker


class Stage:
    """Opens each part when it is first needed, and all are closed together. For the main thread:
    what it starts ends with the thread that has started it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.seed = _any_seed() if options.seed is None else options.seed
        self._servers = ExitStack()
        self._loops = ExitStack()
        self._loop: LoopThread | None = None
        self._makers: dict[str, WorldMaker] = {}

    def prepare(self) -> None:
        """Begin to load what private servers need, in another process; returns at once.

        Raises: CommandError (this machine cannot).
        """
        if self.options.server is not None:
            return
        from fynix_cli.errors import CommandError

        try:
            from fynix_cli.scenario.servers import forks

            forks.prepare()
        except ValueError as error:  # of a system that cannot start processes in this way
            raise CommandError(f"private servers cannot be started here: {error}") from error

    def close(self) -> None:
        """End all that was started."""
        self._makers.clear()
        # What still runs on the loop ends before the servers that it talks to.
        with self._servers:
            self._loops.close()

    @property
    def loop(self) -> "LoopThread":
        if self._loop is None:
            from fynix_cli.pytest_plugin.loop_thread import LoopThread

            self._loop = self._loops.enter_context(LoopThread())
        return self._loop

    def maker(self, stack: str) -> "WorldMaker":
        """What makes servers on `stack`. Raises: CommandError (there is none such)."""
        if stack not in self._makers:
            self._makers[stack] = self._opened_maker(stack)
        return self._makers[stack]

    def _opened_maker(self, stack: str) -> "WorldMaker":
        from fynix_cli.errors import CommandError
        from fynix_cli.pytest_plugin.termination import ends_in_order
        from fynix_cli.scenario.servers.makers import RemoteMaker, private_makers

        if self.options.server is not None:
            return RemoteMaker(self.options.server)
        if stack not in STACKS["both"]:
            raise CommandError(f"there is no stack {stack!r}", hint="embedded or full")
        if not self._makers:
            self._servers.enter_context(ends_in_order())
        self.prepare()
        makers = private_makers(jobs=1, is_full=stack == "full")
        return self._servers.enter_context(makers)[stack]

    def stacks_of(self, script: "Script") -> tuple[str, ...]:
        """What a scenario is played on."""
        # Several instances need what they can share.
        if self.options.server is None and script.document.server.instances > 1:
            return ("full",)
        return tuple(self.options.stacks)

    def play(self, script: "Script", stack: str) -> "Outcome":
        """What came of a scenario. Raises: CommandError (its server cannot be made)."""
        from fynix_cli.pytest_plugin.solo import played_once

        server = self.options.server
        command = () if server is None else (f"--server={server}",)
        return self.loop.run(played_once(script, self.maker(stack), self.seed, command))


STAGE = pytest.StashKey[Stage]()


def _any_seed() -> int:
    return random.SystemRandom().getrandbits(31)
