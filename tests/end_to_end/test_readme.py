"""The README's terminal session, replayed to the letter on a server of its own."""

import asyncio
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.end_to_end.server_process import (
    DEADLINE_SECONDS,
    MAIN,
    Finished,
    ServerProcess,
    environment,
    fynix,
)

README = Path(__file__).parents[2] / "README.md"
PROGRAM = ".venv/bin/fynix"


@dataclass
class Step:
    """A command of the session and what stands below it."""

    arguments: list[str]
    lines: list[str] = field(default_factory=list)

    def expected(self, url: str) -> re.Pattern[str]:
        """`…` stands for anything in a line, alone in a line for any lines."""
        said = [it for it in self.lines if it != "Password:"]
        patterns = [r"(?:.*\n)*?" if line == "…" else f"{self._line(line, url)}\n" for line in said]
        return re.compile("".join(patterns))

    @staticmethod
    def _line(line: str, url: str) -> str:
        local = line.replace("http://127.0.0.1:8000", url)
        return ".*?".join(re.escape(part) for part in local.split("…"))


def _sessions() -> list[list[Step]]:
    """The README's console blocks: each a terminal of its own."""
    sessions = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL):
        steps: list[Step] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                program, *arguments = shlex.split(line[2:])
                assert program == PROGRAM
                steps.append(Step(arguments))
            else:
                steps[-1].lines.append(line)
        sessions.append(steps)
    return sessions


async def _replay(env: dict[str, str], step: Step, url: str) -> None:
    done: Finished = await fynix(env, *step.arguments)
    assert step.expected(url).fullmatch(done.err + done.out), (step, done)


@pytest.mark.timeout(240)
async def test_the_session_in_the_readme_goes_as_it_is_written(tmp_path: Path) -> None:
    watching, writing, moderating = _sessions()
    *before_tail, tail = watching
    assert tail.arguments == ["tail"]
    server = await ServerProcess.start(environment(tmp_path), "--demo")
    env = environment(tmp_path, FYNIX_SERVER=server.url, FYNIX_PASSWORD="fynix-demo")
    try:
        for step in before_tail:
            await _replay(env, step, server.url)
        watcher = await asyncio.create_subprocess_exec(
            *MAIN,
            *tail.arguments,
            env=env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert watcher.stdout is not None
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                seen = (await watcher.stdout.readline()).decode()
                for step in writing:
                    await _replay(env, step, server.url)
                while not tail.expected(server.url).fullmatch(seen):
                    line = await watcher.stdout.readline()
                    assert line, seen
                    seen += line.decode()
        finally:
            watcher.kill()
            await watcher.wait()
        for step in moderating:
            await _replay(env, step, server.url)
    finally:
        assert await server.stop() == 0
