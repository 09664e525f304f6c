"""A terminal for tests. Commands run in this process, for speed; `tail` and `wait` in their own."""

import asyncio
import io
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fynix_cli.exit_codes import ExitCode
from fynix_cli.main import run

DEADLINE_SECONDS = 30.0
_MAIN = "from fynix_cli.main import main; main()"


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Tail:
    """A running `fynix tail` or `wait` that has said that it is connected."""

    def __init__(self, process: asyncio.subprocess.Process, command: str) -> None:
        self.process = process
        self._command = command

    async def line(self) -> str:
        """The next line that it prints, with a deadline."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), DEADLINE_SECONDS)
        return line.decode().rstrip("\n")

    async def connected(self) -> None:
        assert self.process.stderr is not None
        said = await asyncio.wait_for(self.process.stderr.readline(), DEADLINE_SECONDS)
        assert said.decode() == f"fynix {self._command}: connected\n", said

    async def rest(self) -> str:
        """What it prints until it, and whatever it started, has ended."""
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.read(), DEADLINE_SECONDS)).decode()

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    async def exit_code(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEADLINE_SECONDS)


class Terminal:
    """Runs `fynix` commands of one machine against one server.

    Its `environment` must also be this process's own while commands run.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._tails: list[Tail] = []

    async def run(self, *arguments: str, stdin: str = "", expect: ExitCode = ExitCode.OK) -> Answer:
        """Run one command to its end; it must exit as expected."""
        # In a thread: the command has an event loop of its own, and the server needs this one.
        answer = await asyncio.to_thread(_run_here, arguments, stdin)
        assert answer.code == expect, (arguments, answer)
        return answer

    async def run_process(self, *arguments: str) -> Answer:
        """The same in a process of its own, so that several can run at once."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
        return Answer(await process.wait(), out.decode(), err.decode())

    async def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command lists."""
        found: list[dict[str, Any]] = json.loads((await self.run(*arguments, "-o", "json")).out)
        return found

    async def tail(self, *arguments: str) -> Tail:
        return await self._connected("tail", *arguments)

    async def wait(self, *arguments: str) -> Tail:
        return await self._connected("wait", *arguments)

    async def _connected(self, command: str, *arguments: str) -> Tail:
        tail = Tail(await self.start(command, *arguments), command)
        self._tails.append(tail)
        await tail.connected()
        return tail

    async def close(self) -> None:
        for tail in self._tails:
            if tail.process.returncode is None:
                tail.process.kill()
            await tail.process.communicate()

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """One command in a process of its own, which the caller sees to the end of."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _MAIN,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )


def _run_here(arguments: Sequence[str], stdin: str) -> Answer:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    sys.stdout, sys.stderr = out, err
    try:
        code = run(list(arguments))
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
    return Answer(code, out.getvalue(), err.getvalue())
