"""However a run ends, it says why, writes its report, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.run_folder import run_folder
from fynix_cli.scenario.servers.world import PrivateWorld, ServerSpec
from tests.end_to_end.server_process import ServerProcess, environment
from tests.faults.instances import eventually
from tests.scenario.test_run_command import read_xml
from tests.scenario.writing import scenario

DEADLINE_SECONDS = 40.0
_MAIN = "from fynix_cli.main import main; main()"
LONG = """
- alice.dm: {with: bob, save: dm}
- log: it runs
- bob.expect: {event: new_message, within: 1h}
"""


class Run:
    """A `fynix scenario run` in a process of its own, whose temporary files are in `folder`."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self.folder = folder

    @property
    def pid(self) -> int:
        return self._process.pid

    async def until_it_talks(self, trace: Path) -> list[psutil.Process]:
        """Wait until its scenario has logged something; all that it has started."""

        async def is_said() -> bool:
            return await asyncio.to_thread(has_logged, trace)

        await eventually(is_said)
        return psutil.Process(self._process.pid).children(recursive=True)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self) -> tuple[int, str]:
        """Its exit code and all that it has printed."""
        out, _ = await asyncio.wait_for(self._process.communicate(), DEADLINE_SECONDS)
        return await self._process.wait(), out.decode()

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


@pytest.fixture
async def runs(tmp_path: Path) -> AsyncIterator[Any]:
    started: list[Run] = []

    async def start(*words: str) -> Run:
        # Short: the socket of the process that servers are forked from lies within.
        folder = Path(tempfile.mkdtemp(prefix="fynix"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _MAIN, "scenario", "run"),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(folder)},
            cwd=tmp_path,
        )
        started.append(Run(process, folder))
        return started[-1]

    yield start
    for run in started:
        await run.kill()
        shutil.rmtree(run.folder)


def has_logged(trace: Path) -> bool:
    return any("it runs" in it.read_text() for it in trace.glob("*.jsonl"))


async def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(it.is_running() and it.status() != psutil.STATUS_ZOMBIE for it in processes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stack", ["embedded", "full"])
async def test_an_interrupted_run_leaves_nothing_behind(
    runs: Any, tmp_path: Path, number: signal.Signals, stack: str
) -> None:
    file, junit, trace = scenario(tmp_path, LONG), tmp_path / "r.xml", tmp_path / "trace"
    run = await runs(
        *(str(file), "--stack", stack, "--trace", str(trace), "--report", f"junit={junit}")
    )
    started = await run.until_it_talks(trace)
    assert len(started) >= 2

    run.signal(number)
    code, _ = await run.ended()

    assert code == ExitCode.INTERRUPTED
    await eventually(lambda: are_gone(started))
    assert list(run.folder.iterdir()) == []
    (case,) = read_xml(junit).iter("testcase")
    assert [(it.tag, it.attrib["message"]) for it in case] == [("error", "interrupted")]


async def test_a_reader_that_goes_away_ends_the_run_without_a_word(tmp_path: Path) -> None:
    file = scenario(
        tmp_path, "- log: hello\n", head="actors: {alice: {}}\nmatrix: {n: [1, 2, 3]}\n"
    )
    command = f'"{sys.executable}" -c "{_MAIN}" scenario run "{file}" | true'

    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, err = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)

    assert b"Traceback" not in err


async def test_a_killed_run_leaves_no_process_behind_and_the_next_run_removes_its_folder(
    runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, trace = scenario(tmp_path, LONG), tmp_path / "trace"
    run = await runs(str(file), "--stack", "full", "--trace", str(trace))
    started = await run.until_it_talks(trace)

    run.signal(signal.SIGKILL)
    await run.ended()

    await eventually(lambda: are_gone(started))
    (left,) = run.folder.glob("fynix-scenario-*")
    monkeypatch.setattr(tempfile, "tempdir", str(run.folder))
    with run_folder() as folder:
        assert [str(it) for it in run.folder.glob("fynix-scenario-*")] == [folder]
    assert not await asyncio.to_thread(left.exists)


async def test_a_server_that_dies_in_the_middle_is_an_error_and_the_report_says_where(
    runs: Any, tmp_path: Path
) -> None:
    file, junit, trace = scenario(tmp_path, LONG), tmp_path / "r.xml", tmp_path / "trace"
    steps = file.read_text().replace("within: 1h", "within: 2s")
    file.write_text(steps)
    server = await ServerProcess.start(environment(tmp_path / "server"))
    try:
        run = await runs(
            *(str(file), "--server", server.url, "--trace", str(trace)),
            *("--report", f"junit={junit}"),
        )
        await run.until_it_talks(trace)
    finally:
        await server.kill()
    code, out = await run.ended()

    assert code == ExitCode.FAILED, out
    assert f"ERROR   {file}:7:5  a [remote]" in out
    assert "the server has ended under way; then: bob.expect: no such new_message" in out
    (case,) = read_xml(junit).iter("testcase")
    assert [it.tag for it in case] == ["error"]
    assert case.attrib["line"] == "7"


async def test_a_private_server_that_dies_is_an_error_with_its_last_words(
    makers: dict[str, WorldMaker],
) -> None:
    async with makers["embedded"].world(ServerSpec()) as world:
        assert isinstance(world, PrivateWorld)
        assert await world.is_alive()
        os.kill(world.pids[0], signal.SIGKILL)

        async def has_died() -> bool:
            return not await world.is_alive()

        await eventually(has_died)


async def test_the_folders_of_a_run_are_removed(runs: Any, tmp_path: Path) -> None:
    file = scenario(tmp_path, "- log: hello")

    run = await runs(str(file), "--jobs", "2", "--repeat", "3")
    code, out = await run.ended()

    assert code == ExitCode.OK, out
    assert list(run.folder.iterdir()) == []
    assert tempfile.gettempdir() not in out.replace(str(tmp_path), "")
