"""Whatever ends a cleanup, each batch is whole or not there, and the next one goes on from it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fynix_server.database import Database
from fynix_server.errors import Conflict, InvalidInput
from fynix_server.maintenance.cleanup.running import Cleaned, Limits
from fynix_server.maintenance.cleanup.runs import Run, last_runs
from fynix_server.settings import Settings
from fynix_server.tables import AuditEntry, Message
from tests.end_to_end.server_process import MAIN, environment, fynix
from tests.maintenance.cleanup.cleaning import Asked, cleaned, rows_of, unsound
from tests.maintenance.cleanup.conftest import OLD_MESSAGES
from tests.people import DEADLINE_SECONDS

COMMAND = ("cleanup", "messages", "--older-than", "2d", "--batch", "20", "--yes")
REASON = ("--reason", "weekly", "-o", "json")
STEP_SECONDS = 0.005


def environment_of(settings: Settings, folder: Path) -> dict[str, str]:
    return environment(
        folder,
        FYNIX_DATA_DIR=str(settings.data_dir),
        **({"DATABASE_URL": settings.database_url} if settings.database_url else {}),
    )


async def newest_run(settings: Settings) -> Run | None:
    database = Database(settings)
    try:
        async with database.read() as connection:
            found = await last_runs(connection, 1)
    finally:
        await database.close()
    return found[0] if found else None


@asynccontextmanager
async def half_done(
    settings: Settings, env: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that has done a few of its batches."""
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *COMMAND,
        *REASON,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(6 * DEADLINE_SECONDS):
        # Another process: nothing here is told of its batches.
        while (run := await newest_run(settings)) is None or run.batches < 3:
            assert process.returncode is None
            await asyncio.sleep(STEP_SECONDS)
    yield process


@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_a_killed_cleanup_leaves_all_sound_and_the_next_goes_on(
    old: Settings, tmp_path: Path, how: signal.Signals
) -> None:
    env = environment_of(old, tmp_path)
    async with half_done(old, env) as process:
        process.send_signal(how)
        await process.wait()
    killed = await newest_run(old)
    left = await rows_of(old, Message)
    assert killed is not None
    assert killed.finished_at is None
    assert 0 < left == OLD_MESSAGES - killed.removed["messages"] < OLD_MESSAGES
    assert await unsound(old) == {}

    again = await fynix(env, *COMMAND, *REASON)

    assert again.code == 0, again.err
    (report,) = json.loads(again.out)["runs"]
    assert (report["run_id"], report["is_resumed"]) == (str(killed.id), True)
    assert report["removed"] == {"messages": left}
    assert await rows_of(old, Message) == 0
    assert await unsound(old) == {}
    finished = await newest_run(old)
    assert finished is not None
    assert finished.removed == {"messages": OLD_MESSAGES}
    assert await rows_of(old, AuditEntry) == 3  # begun, resumed, done


async def test_when_its_time_is_over_it_pauses_and_goes_on_from_there(old: Settings) -> None:
    paused = await cleaned(old, "messages", Asked(days=2), Limits(20, 1e-9))
    assert not paused.is_done

    done = await cleaned(old, "messages", Asked(days=2))

    assert (done.is_done, done.run.is_resumed, done.run.id) == (True, True, paused.run.id)
    assert await rows_of(old, Message) == 0


async def test_another_order_does_not_go_on_with_it(old: Settings) -> None:
    paused = await cleaned(old, "messages", Asked(days=2), Limits(20, 1e-9))

    other = await cleaned(old, "messages", Asked(days=3))

    assert (other.run.is_resumed, other.run.id != paused.run.id) == (False, True)
    again = await cleaned(old, "messages", Asked(days=2))
    assert not again.run.is_resumed


async def test_of_two_on_one_run_the_first_stops_and_nothing_is_counted_twice(
    old: Settings,
) -> None:
    seconds: list[Cleaned] = []

    def let_another_finish(count: int) -> None:
        # In a thread that is waited for: the first is certain to be between two batches.
        if not seconds:
            another = cleaned(old, "messages", Asked(days=2), Limits(20))
            with ThreadPoolExecutor() as pool:
                seconds.append(pool.submit(asyncio.run, another).result())

    with pytest.raises(Conflict, match="Another process"):
        await cleaned(old, "messages", Asked(days=2), Limits(20), let_another_finish)

    (second,) = seconds
    assert (second.is_done, second.run.is_resumed) == (True, True)
    assert second.run.removed == {"messages": OLD_MESSAGES}
    assert await rows_of(old, Message) == 0
    assert await unsound(old) == {}


async def test_a_cut_off_in_the_future_is_refused(old: Settings) -> None:
    with pytest.raises(InvalidInput, match="future"):
        await cleaned(old, "messages", Asked(days=-1))

    assert await rows_of(old, AuditEntry) == 0
