"""Where pytest comes in. What is heavy loads only when a scenario or a fixture needs it."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fynix_cli.pytest_plugin import fixtures
from fynix_cli.pytest_plugin.options import add_options, is_off, read_options
from fynix_cli.pytest_plugin.stage import STAGE, Stage
from fynix_cli.scenario.file_names import SUFFIXES

if TYPE_CHECKING:
    from fynix_cli.pytest_plugin.items import ScenarioFile

_SETTINGS_MARKER = (
    "fynix_settings(**settings): settings of the test's private server, by name, such as "
    'rate_limit_messages="5/60".'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _SETTINGS_MARKER)
    config.pluginmanager.register(fixtures, "fynix-fixtures")
    if is_off(config):
        return
    stage = config.stash[STAGE] = Stage(read_options(config))
    config.add_cleanup(stage.close)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    if STAGE not in parent.config.stash or not file_path.name.endswith(SUFFIXES):
        return None
    from fynix_cli.pytest_plugin.items import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With several stacks, a test that uses a server becomes one on each."""
    if STAGE not in metafunc.config.stash or "fynix_stack" not in metafunc.fixturenames:
        return
    stacks = metafunc.config.stash[STAGE].options.stacks
    if len(stacks) > 1 and not _chooses_itself(metafunc):
        metafunc.parametrize("fynix_stack", stacks, indirect=True)


def _chooses_itself(metafunc: pytest.Metafunc) -> bool:
    marks = metafunc.definition.iter_markers("parametrize")
    return any("fynix_stack" in mark.args[0] for mark in marks if mark.args)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to load what private servers need, while the first test gets ready."""
    stage = session.config.stash.get(STAGE, None)
    if stage is None or session.config.option.collectonly:
        return
    if any(_needs_server(item) for item in session.items):
        from fynix_cli.errors import CommandError

        # What keeps it from working is told of the tests that need it.
        with suppress(CommandError):
            stage.prepare()


def _needs_server(item: pytest.Item) -> bool:
    # Scenarios say so as tests do, so that their class need not be loaded to know them.
    return "fynix_server" in getattr(item, "fixturenames", ())
