"""Terminals of machines where people have logged in, and files that are written there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.conftest import logged_in
from tests.cli.terminal import Terminal
from tests.people import Api


@pytest.fixture
async def terminal(
    unlimited: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where alice and then bob have logged in."""
    async with logged_in(unlimited, tmp_path, monkeypatch, ("alice", "bob")) as terminal:
        yield terminal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a scenario is, or is to be."""
    return tmp_path / "talk.fynix.yaml"
