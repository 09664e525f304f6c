"""People as tests have them: with methods that block, or with methods to await."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from fynix_cli.pytest_plugin.loop_thread import LoopThread
from fynix_cli.pytest_plugin.participant import Participant
from fynix_cli.pytest_plugin.server import FynixServer
from fynix_cli.pytest_plugin.somebody import Somebody

P = ParamSpec("P")
T = TypeVar("T")
_Method = Callable[Concatenate[Participant, P], Coroutine[Any, Any, T]]


class _OnLoop(Somebody):
    """Somebody whose lines live on the loop of another thread."""

    def __init__(self, loop: LoopThread, participant: Participant) -> None:
        super().__init__(participant.person, participant.device_name)
        self._loop = loop
        self._participant = participant


def _blocking(method: _Method[P, T]) -> Callable[Concatenate["FynixPerson", P], T]:
    @wraps(method)
    def call(person: "FynixPerson", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return person._loop.run(method(person._participant, *args, **kwargs))

    return call


def _awaited(
    method: _Method[P, T],
) -> Callable[Concatenate["AsyncFynixPerson", P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def call(person: "AsyncFynixPerson", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return await person._loop.run_beside(method(person._participant, *args, **kwargs))

    return call


class FynixPerson(_OnLoop):
    """Somebody with an account and a live line, for tests that are not async."""

    dm = _blocking(Participant.dm)
    group = _blocking(Participant.group)
    send = _blocking(Participant.send)
    edit = _blocking(Participant.edit)
    delete = _blocking(Participant.delete)
    read = _blocking(Participant.read)
    messages = _blocking(Participant.messages)
    conversations = _blocking(Participant.conversations)
    unread = _blocking(Participant.unread)
    typing = _blocking(Participant.typing)
    request = _blocking(Participant.request)
    expect = _blocking(Participant.expect)
    expect_all = _blocking(Participant.expect_all)
    expect_none = _blocking(Participant.expect_none)
    disconnect = _blocking(Participant.disconnect)
    reconnect = _blocking(Participant.reconnect)
    break_line = _blocking(Participant.break_line)
    heal = _blocking(Participant.heal)
    do = _blocking(Participant.do)

    def at(self, device: str) -> "FynixPerson":
        """The same person at another of their devices. Raises: BadArgument."""
        __tracebackhide__ = True
        return FynixPerson(self._loop, self._participant.at(device))


class AsyncFynixPerson(_OnLoop):
    """The same for async tests, whatever loop they run on."""

    dm = _awaited(Participant.dm)
    group = _awaited(Participant.group)
    send = _awaited(Participant.send)
    edit = _awaited(Participant.edit)
    delete = _awaited(Participant.delete)
    read = _awaited(Participant.read)
    messages = _awaited(Participant.messages)
    conversations = _awaited(Participant.conversations)
    unread = _awaited(Participant.unread)
    typing = _awaited(Participant.typing)
    request = _awaited(Participant.request)
    expect = _awaited(Participant.expect)
    expect_all = _awaited(Participant.expect_all)
    expect_none = _awaited(Participant.expect_none)
    disconnect = _awaited(Participant.disconnect)
    reconnect = _awaited(Participant.reconnect)
    break_line = _awaited(Participant.break_line)
    heal = _awaited(Participant.heal)
    do = _awaited(Participant.do)

    def at(self, device: str) -> "AsyncFynixPerson":
        """The same person at another of their devices. Raises: BadArgument."""
        __tracebackhide__ = True
        return AsyncFynixPerson(self._loop, self._participant.at(device))


class PersonFactory:
    """Makes people at a server, each once."""

    def __init__(self, server: FynixServer) -> None:
        self._server = server

    def __call__(self, name: str, *, is_breakable: bool = False, **actor: Any) -> FynixPerson:
        """Somebody with a new account and an open live line. `actor`: what else a scenario can
        say of an actor, such as `devices=["phone", "laptop"]` or `connect=False`.

        Raises: BadArgument (they are there already, or cannot be so), CommandError.
        """
        __tracebackhide__ = True
        loop, ensemble = self._server.loop, self._server.ensemble
        joining = ensemble.join(name, is_breakable=is_breakable, **actor)
        return FynixPerson(loop, loop.run(joining))


class AsyncPersonFactory:
    """The same, awaited."""

    def __init__(self, server: FynixServer) -> None:
        self._server = server

    async def __call__(
        self, name: str, *, is_breakable: bool = False, **actor: Any
    ) -> AsyncFynixPerson:
        """As `PersonFactory` does. Raises: BadArgument, CommandError."""
        __tracebackhide__ = True
        loop, ensemble = self._server.loop, self._server.ensemble
        joining = ensemble.join(name, is_breakable=is_breakable, **actor)
        return AsyncFynixPerson(loop, await loop.run_beside(joining))
