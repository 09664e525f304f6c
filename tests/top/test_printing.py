"""`fynix top` where it prints: one sample, several, and a server that goes and comes back."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.stack.process import free_port
from fynix_server.settings import Settings
from tests.cli.terminal import Terminal
from tests.end_to_end.server_process import DEADLINE_SECONDS, MAIN, ServerProcess, environment
from tests.people import Api, Serve

KEYS = {
    "at",
    "server",
    "status",
    "seconds",
    "connections",
    "people",
    "messages_per_second",
    "deliveries_per_second",
    "delivery_p50_ms",
    "delivery_p95_ms",
    "delivery_p99_ms",
    "requests_per_second",
    "rate_limit_hits_per_second",
    "queries_per_second",
    "query_mean_ms",
    "query_p95_ms",
    "cpu_percent",
    "memory_mib",
    "uptime_seconds",
    "checks",
}
SHORT = ("--interval", "0.2s")


@pytest.fixture
def terminal(api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    monkeypatch.setenv("FYNIX_SERVER", api.url)
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(tmp_path))
    return Terminal(dict(os.environ))


async def test_once_is_one_sample_as_json(api: Api, terminal: Terminal) -> None:
    answer = await terminal.run("top", "--once", *SHORT, "-o", "json")

    found = json.loads(answer.out)
    assert set(found) == KEYS
    assert found["status"] == "ready"
    assert found["server"] == api.url
    assert found["seconds"] > 0


async def test_a_pipe_gets_one_sample_as_a_table(terminal: Terminal) -> None:
    answer = await terminal.run("top", *SHORT)

    lines = dict(line.split("\t", 1) for line in answer.out.splitlines())
    assert set(lines) == KEYS
    assert lines["checks"] == "database ok, redis ok, tasks ok"


async def test_json_lines_are_one_an_interval_and_as_many_as_asked_for(
    terminal: Terminal,
) -> None:
    answer = await terminal.run("top", *SHORT, "-o", "jsonl", "--count", "3")

    assert len([json.loads(line) for line in answer.out.splitlines()]) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--once", "--count", "2"),
        ("--count", "2", "-o", "json"),
        ("--interval", "soon"),
        ("--interval", "0"),
        ("--interval", "nan"),
    ],
)
async def test_what_does_not_go_together_is_a_usage_error(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    answer = await terminal.run("top", *arguments, expect=ExitCode.USAGE)

    assert arguments[0] in answer.err


async def test_one_sample_of_a_server_that_is_away_is_exit_code_7(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_SERVER", "http://127.0.0.1:9")

    answer = await terminal.run("top", "--once", expect=ExitCode.UNREACHABLE)

    assert "http://127.0.0.1:9" in answer.err
    assert answer.out == ""


async def test_metrics_on_an_address_of_their_own_are_read_there(
    serve: Serve, settings: Settings, terminal: Terminal
) -> None:
    address = f"127.0.0.1:{free_port()}"
    api = await serve(metrics_address=address)
    server = ("--server", api.url)

    refused = await terminal.run("top", "--once", *server, expect=ExitCode.FAILED)
    answer = await terminal.run(
        "top", "--once", *SHORT, *server, "--metrics-url", address, "-o", "json"
    )

    assert "--metrics-url" in refused.err
    assert json.loads(answer.out)["status"] == "ready"


async def test_what_is_no_page_of_metrics_is_exit_code_1(api: Api, terminal: Terminal) -> None:
    url = f"{api.url}/docs"

    answer = await terminal.run("top", "--once", "--metrics-url", url, expect=ExitCode.FAILED)

    assert "no page of metrics" in answer.err


class Stream:
    """A running `fynix top -o jsonl`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def until(self, status: str) -> dict[str, Any]:
        """The next object of this status."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                found: dict[str, Any] = json.loads(await self.process.stdout.readline())
                for name, value in found.items():
                    assert not name.endswith("_per_second") or _is_not_negative(value)
                if found["status"] == status:
                    return found


def _is_not_negative(value: Any) -> bool:
    numbers = value.values() if isinstance(value, dict) else [value]
    return all(it is None or it >= 0 for it in numbers)


@pytest.fixture
async def lone_server(tmp_path: Path) -> AsyncIterator[tuple[ServerProcess, dict[str, str]]]:
    env = environment(tmp_path)
    server = await ServerProcess.start(env)
    yield server, env
    await server.kill()


async def test_a_server_that_goes_and_comes_back_is_followed_without_negative_rates(
    lone_server: tuple[ServerProcess, dict[str, str]],
) -> None:
    server, env = lone_server
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *("top", *SHORT, "-o", "jsonl", "--server", server.url),
        env=env,
        stdout=asyncio.subprocess.PIPE,
    )
    stream = Stream(process)
    before = await stream.until("ready")
    await server.stop()
    away = await stream.until("unreachable")
    port = int(server.url.rsplit(":", 1)[1])
    again = await ServerProcess.start(env, port=port)
    try:
        after = await stream.until("ready")
    finally:
        process.terminate()
        await process.wait()
        await again.stop()

    assert "nothing answers there" in away["why"]
    assert after["uptime_seconds"] <= before["uptime_seconds"] + DEADLINE_SECONDS
    assert process.returncode == ExitCode.INTERRUPTED
