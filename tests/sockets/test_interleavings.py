"""Live frames that race a replay are neither lost nor doubled, whatever happens in which order."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import pytest

from fynix_server.settings import load_settings
from fynix_server.sockets import delivery, live, replay
from tests.conftest import COMMON
from tests.sockets.interleaving.ground import Ground, prepared_ground
from tests.sockets.interleaving.schedule import Step, fault_of, shortest, steps_of

CHUNKS = 10
SCHEDULES = int(os.environ.get("INTERLEAVINGS", "1000"))
FIRST_SEED = int(os.environ.get("INTERLEAVINGS_FROM", "0"))


@pytest.fixture
async def ground(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Ground]:
    shutil.copy(migrated_sqlite, tmp_path / "fynix.db")
    async with prepared_ground(load_settings(data_dir=tmp_path, **COMMON)) as ground:
        yield ground


@pytest.fixture(autouse=True)
def no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler alone decides when a round begins and when a failed read is tried again."""
    monkeypatch.setattr(live, "RECONCILE_SECONDS_WITHOUT_REDIS", 86400.0)
    monkeypatch.setattr(delivery, "RETRY_SECONDS", 0.0)


async def _check(ground: Ground, seed: int, *, with_bursts: bool = False) -> None:
    rng = Random(seed)
    max_frames = rng.choice([8, 12, 256]) if not with_bursts else 256
    steps = steps_of(rng, with_bursts=with_bursts)
    if await fault_of(ground, steps, max_frames) is None:
        return

    async def fails(fewer: Sequence[Step]) -> str | None:
        return await fault_of(ground, fewer, max_frames)

    steps = await shortest(steps, fails)
    pytest.fail(f"seed {seed}, outbox {max_frames}: {await fails(steps)}\n{steps}", pytrace=False)


@pytest.mark.timeout(60 + SCHEDULES // 10)
@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_each_number_arrives_once_in_order_and_cursors_are_true(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    # Small pages, so that short schedules reach the second page and the resync.
    monkeypatch.setattr(replay, "MAX_REPLAY_FRAMES", 5)
    monkeypatch.setattr(delivery, "FILL_BATCH", 3)

    for seed in range(FIRST_SEED + chunk, FIRST_SEED + SCHEDULES, CHUNKS):
        await _check(ground, seed)
