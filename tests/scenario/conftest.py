"""Private servers for scenarios that tests write."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.playing.journal import Entry
from fynix_cli.scenario.playing.outcome import Outcome
from fynix_cli.scenario.playing.player import Playing, play_script
from fynix_cli.scenario.servers import forks
from fynix_cli.scenario.servers.makers import WorldMaker, private_makers
from tests.scenario.writing import scenario

Play = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def makers() -> Iterator[dict[str, WorldMaker]]:
    forks.prepare()
    with private_makers(jobs=1, is_full=False) as found:
        yield found


@pytest.fixture
def journal() -> list[Entry]:
    """What happened while the test's scenarios were played."""
    return []


@pytest.fixture
def play(makers: dict[str, WorldMaker], tmp_path: Path, journal: list[Entry]) -> Play:
    """Plays steps on a fresh embedded server; keywords are of `scenario`."""

    async def played(steps: str, *, seed: int = 1, **how: Any) -> Outcome:
        script = read_script(scenario(tmp_path, steps, **how))
        async with asyncio.timeout(50):
            return await play_script(
                script, makers["embedded"], Playing(seed, listeners=[journal.append])
            )

    return played
