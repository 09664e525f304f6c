"""The fixtures: for tests of anybody, plain ones and async ones alike."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from fynix_cli.pytest_plugin.stage import STAGE

if TYPE_CHECKING:
    from fynix_cli.pytest_plugin.people import AsyncPersonFactory, PersonFactory
    from fynix_cli.pytest_plugin.server import FynixServer


@pytest.fixture
def fynix_stack(request: pytest.FixtureRequest) -> str:
    """What the test's server runs on: embedded, full, or remote (--fynix-server)."""
    stage = request.config.stash.get(STAGE, None)
    if stage is None:
        pytest.skip("Fynix's plugin is off (--no-fynix)")
    return str(getattr(request, "param", stage.options.stacks[0]))


@pytest.fixture
def fynix_server(request: pytest.FixtureRequest, fynix_stack: str) -> Iterator["FynixServer"]:
    """A fresh private Fynix for this test, with the settings of @pytest.mark.fynix_settings."""
    from fynix_cli.pytest_plugin.server import open_server

    stage = request.config.stash[STAGE]
    with open_server(stage, fynix_stack, request.node) as server:
        yield server


@pytest.fixture
def fynix_person(fynix_server: "FynixServer") -> "PersonFactory":
    """Makes people at the test's server: `alice = fynix_person("alice")`."""
    from fynix_cli.pytest_plugin.people import PersonFactory

    return PersonFactory(fynix_server)


@pytest.fixture
def fynix_people(fynix_server: "FynixServer") -> "AsyncPersonFactory":
    """The same for async tests: `alice = await fynix_people("alice")`."""
    from fynix_cli.pytest_plugin.people import AsyncPersonFactory

    return AsyncPersonFactory(fynix_server)
