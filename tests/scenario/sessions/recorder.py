"""A running `fynix scenario record`, and people who talk while it runs."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cli.terminal import DEADLINE_SECONDS, Answer
from tests.people import PASSWORD, Api, Person

_MAIN = "from fynix_cli.main import main; main()"


class Recorder:
    """Has said that nothing is missed from here on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, file: Path, *arguments: str, before: Sequence[str] = ()) -> "Recorder":
        """`before`: what the command line begins with."""
        process = await asyncio.create_subprocess_exec(
            *before,
            *(sys.executable, "-c", _MAIN, "scenario", "record", "-o", str(file)),
            *arguments,
            env=dict(os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        recorder = cls(process)
        await recorder.line("recording ")
        return recorder

    async def line(self, part: str) -> None:
        """Wait until it says a line that has `part` in it."""
        assert self._process.stderr is not None
        text = ""
        while part not in text:
            line = await asyncio.wait_for(self._process.stderr.readline(), DEADLINE_SECONDS)
            assert line, f"it ended before it said {part!r}"
            text = line.decode()

    async def interrupt(self, how: signal.Signals = signal.SIGINT) -> Answer:
        """Ctrl-C, or another signal, and what it then says."""
        self._process.send_signal(how)
        return await self.end()

    async def end(self) -> Answer:
        out, err = await asyncio.wait_for(self._process.communicate(), DEADLINE_SECONDS)
        return Answer(await self._process.wait(), out.decode(), err.decode())


async def logged_in_person(api: Api, username: str) -> Person:
    """Somebody whose account there is already."""
    body = {"username": username, "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    return Person(api, api.open_client(), answer.json())


def step_names(text: str) -> list[str]:
    """The names of the steps in a scenario's text, in order."""
    _, _, steps = text.partition("\nsteps:\n")
    return [line[4:].partition(":")[0] for line in steps.splitlines() if line.startswith("  - ")]


def text_of(file: Path) -> str | None:
    """None: it is not there."""
    return file.read_text() if file.exists() else None


def written_to(file: Path) -> str:
    """What is in a file that must be there."""
    text = text_of(file)
    assert text is not None, f"there is no {file}"
    return text
