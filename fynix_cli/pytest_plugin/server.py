"""The private server of one test."""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest

from fynix_cli.errors import CommandError
from fynix_cli.pytest_plugin.ensemble import Ensemble, opened_ensemble
from fynix_cli.pytest_plugin.loop_thread import LoopThread
from fynix_cli.pytest_plugin.stage import Stage
from fynix_cli.scenario.model.document import SERVER_SETTINGS
from fynix_cli.scenario.model.problems import did_you_mean

_MARKER = "fynix_settings"


class FynixServer:
    """A server, and what can be done to it. The methods block, each for less than a second; in an
    async test whose loop must go on: `await asyncio.to_thread(fynix_server.restart)`.

    `loop`, `ensemble`: what people at it are made of.
    """

    def __init__(self, loop: LoopThread, ensemble: Ensemble) -> None:
        self.loop = loop
        self.ensemble = ensemble

    @property
    def url(self) -> str:
        return self.ensemble.world.urls[0]

    def advance(self, seconds: float) -> None:
        """Move its clock on, which takes no time. Raises: CommandError (it is not private)."""
        __tracebackhide__ = True
        self.loop.run(self.ensemble.advance(seconds))

    def restart(self) -> None:
        """End it as `kill -9` does, and start it again at the same address and on the same data.

        Raises: CommandError (it is not private).
        """
        __tracebackhide__ = True
        self.loop.run(self.ensemble.restart())

    def log(self) -> list[str]:
        """What it logged last, oldest first: warnings and errors, unless the setting `log_level`
        says more."""
        return self.ensemble.world.last_log_lines()

    def environment(self) -> dict[str, str]:
        """Of a `fynix` command that is to act on this server, and on its database."""
        return self.ensemble.world.environment()


@contextmanager
def open_server(stage: Stage, stack: str, test: pytest.Item) -> Iterator[FynixServer]:
    """The server of a test, as long as the block runs. Raises: Failed (it does not start)."""
    settings = _settings_of(test)
    if settings and stage.options.server is not None:
        pytest.skip("it wants settings of its own, and --fynix-server has none")
    closing = AsyncExitStack()
    ensemble = _opened(stage, stack, closing, settings, test.nodeid)
    try:
        yield FynixServer(stage.loop, ensemble)
    finally:
        _keep_log(test, ensemble)
        stage.loop.run(closing.aclose())


def _opened(
    stage: Stage, stack: str, closing: AsyncExitStack, settings: Mapping[str, Any], title: str
) -> Ensemble:
    """Raises: Failed (it does not start)."""
    try:
        opening = opened_ensemble(stage.maker(stack), settings, stage.seed, title)
        return stage.loop.run(closing.enter_async_context(opening))
    except CommandError as error:
        why = str(error)
    pytest.fail(why, pytrace=False)


def _settings_of(test: pytest.Item) -> Mapping[str, Any]:
    """Those of the markers, of which the nearest go before the others. Raises: Failed."""
    settings: dict[str, Any] = {}
    for mark in reversed(list(test.iter_markers(_MARKER))):
        if mark.args:
            pytest.fail(f"{_MARKER} takes settings by name only", pytrace=False)
        settings |= mark.kwargs
    for name in settings:
        if name not in SERVER_SETTINGS:
            hint = did_you_mean(name, SERVER_SETTINGS) or f"there are {', '.join(SERVER_SETTINGS)}"
            pytest.fail(f"{_MARKER}: there is no setting {name!r}; {hint}", pytrace=False)
    return settings


def _keep_log(test: pytest.Item, ensemble: Ensemble) -> None:
    """For pytest to show where the test has failed: its file goes with the server."""
    lines = ensemble.world.last_log_lines()
    if lines:
        test.add_report_section("teardown", "log of fynix_server", "\n".join(lines))
