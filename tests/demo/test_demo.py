"""`fynix demo` as a process of its own."""

import asyncio
import fcntl
import os
import re
import signal
import struct
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.serving.demo import DEMO_PASSWORD
from tests.end_to_end.server_process import DEADLINE_SECONDS, MAIN, environment, fynix

WORKER = "fynix_cli.serving.worker"
NARRATION = "-- "


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """With a folder for temporary files of its own, to see what is left there."""
    return environment(tmp_path, TMPDIR=str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def leaves_nothing_behind(tmp_path: Path) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield
    assert list(folder.iterdir()) == []
    assert servers_in(folder) == []
    assert not (tmp_path / "config").exists()
    assert not (tmp_path / "data").exists()


def servers_in(folder: Path) -> list[psutil.Process]:
    """The servers whose data is in `folder`, whoever started them."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if WORKER in (process.info["cmdline"] or []):
            try:
                data = process.environ().get("FYNIX_DATA_DIR", "")
            except psutil.Error:
                continue
            if data.startswith(str(folder)):
                found.append(process)
    return found


class Running:
    """A demo that runs. `heard`: all lines so far, of stdout and stderr alike."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.heard: list[str] = []

    async def until(self, words: str) -> str:
        """The next line that holds `words`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for line in self.process.stdout:
                self.heard.append(line.decode().rstrip("\n"))
                if words in self.heard[-1]:
                    return self.heard[-1]
        raise AssertionError(f"it ended without {words!r}: {self.heard}")

    async def end(self) -> int:
        async with asyncio.timeout(DEADLINE_SECONDS):
            out, _ = await self.process.communicate()
        self.heard.extend(out.decode().splitlines())
        return await self.process.wait()


@asynccontextmanager
async def running(env: dict[str, str], *arguments: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *("demo", *arguments),
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    demo = Running(process)
    try:
        yield demo
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def lines_of(out: str, name: str) -> list[str]:
    """What this person saw."""
    found = re.findall(r"^(\w+) +\| (.+)$", out, re.MULTILINE)
    return [told for who, told in found if who == name]


async def test_through_a_pipe_it_tells_what_both_see_line_by_line(env: dict[str, str]) -> None:
    done = await fynix(env, "demo", "--no-pause")

    assert done.code == ExitCode.OK, done.err
    bobs = lines_of(done.out, "bob")
    assert "* alice is typing" in bobs
    assert "* bob has read this far" in lines_of(done.out, "alice")
    dropped = bobs.index("* the line dropped")
    back = bobs.index("* connected", dropped)
    assert bobs[dropped + 1 : back] == [
        "alice: Corner of Mill Street.",
        "alice: They close at one.",
    ]
    assert "* alice changed a message: They close at two." in bobs
    assert "* bob deleted a message" in lines_of(done.out, "alice")
    told = [line for line in done.out.splitlines() if line.startswith(NARRATION)]
    assert told[-1].endswith("nothing lost or twice.")
    assert "\x1b" not in done.out


async def test_at_the_end_it_says_what_to_type_next(env: dict[str, str]) -> None:
    done = await fynix(env, "demo", "--no-pause")

    said = done.err.splitlines()
    assert any(re.search(r"fynix serve --demo\b", line) for line in said)
    assert any("login alice" in line and "send bob" in line for line in said)
    assert any(DEMO_PASSWORD in line for line in said)
    assert all(len(line) < 80 for line in said)


async def test_what_this_shell_says_of_a_server_does_not_matter(env: dict[str, str]) -> None:
    shell = {
        "DATABASE_URL": "postgresql://127.0.0.1:9/nowhere",
        "REDIS_URL": "redis://127.0.0.1:9",
        "JWT_SECRET_KEY": "short",
        "FYNIX_ENV": "production",
        "FYNIX_WORKERS": "3",
        "FYNIX_REGISTRATION": "closed",
    }

    done = await fynix(env | shell, "demo", "--no-pause")

    assert done.code == ExitCode.OK, done.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda it: it.name)
@pytest.mark.parametrize(
    "moment",
    ["Starting a server", "alice types", "line drops", "Both see the same"],
)
async def test_interrupted_at_any_moment_it_leaves_nothing(
    env: dict[str, str], moment: str, how: signal.Signals
) -> None:
    async with (
        running(env) if moment == "Starting a server" else running(env, "--speed", "10") as demo
    ):
        await demo.until(moment)
        demo.process.send_signal(how)

        assert await demo.end() == ExitCode.INTERRUPTED
        assert "Traceback" not in "\n".join(demo.heard)


async def test_a_second_ctrl_c_does_not_stop_the_tidying_up(
    env: dict[str, str],
) -> None:
    async with running(env, "--speed", "10") as demo:
        await demo.until("alice types")
        for _ in range(5):
            demo.process.send_signal(signal.SIGINT)

        assert await demo.end() == ExitCode.INTERRUPTED


async def test_a_reader_that_leaves_early_ends_it(env: dict[str, str]) -> None:
    reader, writer = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *("demo", "--no-pause"),
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=writer,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writer)
    await asyncio.to_thread(os.read, reader, 1)
    os.close(reader)
    async with asyncio.timeout(DEADLINE_SECONDS):
        _, said = await process.communicate()

    assert process.returncode == ExitCode.FAILED
    assert b"Traceback" not in said


async def test_kept_it_can_be_used_until_it_is_interrupted(env: dict[str, str]) -> None:
    async with running(env, "--no-pause", "--keep") as demo:
        line = await demo.until("until Ctrl-C")
        url = re.search(r"http://[\d.:]+\d", line)
        assert url is not None
        await demo.until("login alice")
        async with httpx.AsyncClient(base_url=url[0], trust_env=False) as client:
            body = {"username": "alice", "password": DEMO_PASSWORD}
            answer = await client.post("/api/auth/login", json=body)
        demo.process.send_signal(signal.SIGINT)

        assert DEMO_PASSWORD in line
        assert answer.status_code == 200
        assert await demo.end() == ExitCode.OK


async def test_a_server_that_ends_under_way_is_told(env: dict[str, str], tmp_path: Path) -> None:
    async with running(env, "--speed", "2") as demo:
        await demo.until("alice types")
        (server,) = servers_in(tmp_path / "temporary")
        server.kill()

        assert await demo.end() == ExitCode.FAILED
        assert demo.heard[-1].startswith("fynix: the demo's server has ended by itself")


async def test_a_demo_that_is_killed_leaves_no_server(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    async with running(env) as demo:
        await demo.until("alice types")
        (server,) = servers_in(folder)
        demo.process.kill()
        await demo.end()

        await asyncio.to_thread(psutil.wait_procs, [server], DEADLINE_SECONDS)

    assert servers_in(folder) == []
    # Nobody is left to remove the folder.
    for left in folder.iterdir():
        _remove(left)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink()
    folder.rmdir()


async def test_on_a_terminal_both_windows_stand_beside_one_another(env: dict[str, str]) -> None:
    screen, keyboard = os.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *("demo", "--speed", "50"),
        env=env | {"TERM": "xterm-256color", "NO_COLOR": "1"},
        stdin=keyboard,
        stdout=keyboard,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(keyboard)
    shown = asyncio.create_task(asyncio.to_thread(_all_of, screen))
    async with asyncio.timeout(DEADLINE_SECONDS):
        _, said = await process.communicate()
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", await shown)
    os.close(screen)

    assert process.returncode == ExitCode.OK, said
    last = text[text.rindex("╭─ alice ─") :].splitlines()
    assert last[0].rstrip().startswith("╭─ alice ─")
    assert "╭─ bob ─" in last[0]
    assert any("Lunch at noon? I know a place. ✓✓ ││ Lunch at noon?" in line for line in last)
    assert any("They close at two. (edited) ✓✓ ││ They close at two. (edited)" in it for it in last)
    assert any(it.count("message deleted") == 2 for it in last)
    assert any(it.count("● connected") == 2 for it in last)
    assert "○ no line" in text
    assert "typing …" in text


def _all_of(screen: int) -> str:
    found = b""
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # Linux says so when the other end has closed
            break
        if not chunk:
            break
        found += chunk
    return found.decode()
