"""`fynix bench` as a user runs it: small, against real servers."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_server.settings import RateLimit
from tests.end_to_end.server_process import (
    DEADLINE_SECONDS,
    MAIN,
    Finished,
    ServerProcess,
    environment,
    fynix,
)
from tests.people import Api, Serve, open_client

LATENCIES = {"p50_ms", "p95_ms", "p99_ms", "max_ms"}
COSTS = {"server_cpu_ms_per_message", "server_memory_mib"}
MESSAGES = {"messages_per_second", "messages_missing"} | LATENCIES | COSTS
SHORT = ("--for", "0.3", "--warm-up", "0", "--pairs", "2")


@pytest.fixture
def stack() -> str:
    return "embedded"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """With a folder for temporary files of its own, to see what is left there."""
    return environment(tmp_path, TMPDIR=str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def leaves_nothing_behind(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "temporary").mkdir()
    yield
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not [it for it in psutil.Process().children(recursive=True) if "serve" in it.cmdline()]


def figures_of(done: Finished) -> dict[str, float]:
    assert done.code == ExitCode.OK, done.err
    found: dict[str, Any] = json.loads(done.out)
    assert set(found) >= {"bench", "parameters", "fynix", "python", "machine", "generator_bound"}
    figures: dict[str, float] = found["figures"]
    assert all(value > 0 for name, value in figures.items() if name in LATENCIES)
    return figures


async def test_a_server_of_its_own_is_measured_and_compared_with_an_earlier_run(
    env: dict[str, str], tmp_path: Path
) -> None:
    done = await fynix(env, "bench", "send", *SHORT, "-o", "json")

    figures = figures_of(done)
    assert set(figures) == MESSAGES
    assert figures["messages_missing"] == 0
    assert figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    earlier = json.loads(done.out)
    wanted = {"pairs": 2, "via": "ws", "seconds": 0.3, "warm_up_seconds": 0.0}
    own = {"server": None, "stack": "embedded", "workers": 1, "cpu": None}
    assert earlier["parameters"] == wanted | own
    earlier["figures"] = {name: value / 2 for name, value in figures.items()} | {"gone": 1.0}
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))
    again = await fynix(
        env, "bench", "send", *SHORT, "--compare", str(tmp_path / "earlier.json"), "-o", "json"
    )
    ratios = json.loads(again.out)["ratios"]
    now = json.loads(again.out)["figures"]
    # Of nothing there is no ratio.
    compared = set(figures) - {"messages_missing"}
    assert ratios == {name: pytest.approx(now[name] / figures[name] * 2) for name in compared}
    assert again.err == ""


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("send", *SHORT, "--via", "rest"), MESSAGES),
        (("deliver", *SHORT, "--rate", "50"), MESSAGES),
        (("deliver", *SHORT, "--rate", "50", "--via", "rest"), MESSAGES),
        (
            ("fanout", "--members", "5", "--messages", "3"),
            {"deliveries_per_second", "server_cpu_us_per_delivery", "server_memory_mib"}
            | LATENCIES
            | {f"last_{it}" for it in LATENCIES},
        ),
        (
            ("idle", "--connections", "3", "--per-person", "2"),
            {"server_kib_per_connection", "server_memory_mib", "server_cpu_percent"},
        ),
    ],
    ids=lambda it: it[0] if isinstance(it, tuple) else "",
)
async def test_a_server_that_runs_is_measured_as_well(
    unlimited: Api, env: dict[str, str], arguments: tuple[str, ...], names: set[str]
) -> None:
    done = await fynix(env, "bench", *arguments, "--server", unlimited.url, "-o", "json")

    assert set(figures_of(done)) == names


@pytest.mark.parametrize("stack", ["embedded", "full"])
async def test_reading_a_filled_database_is_measured(env: dict[str, str], stack: str) -> None:
    amount = ("--messages", "1000", "--conversations", "12", "--requests", "3")
    done = await fynix(env, "bench", "history", *amount, "--stack", stack, "-o", "json")

    pages = ("newest_page", "older_page", "missed_page", "conversations", "unread", "people")
    wanted = {f"{page}_{name}" for page in (*pages, "resume") for name in LATENCIES}
    assert set(figures_of(done)) == wanted | {"server_memory_mib", "seed_seconds"}
    parameters = json.loads(done.out)["parameters"]
    assert (parameters["conversations"], parameters["stack"]) == (12, stack)


@pytest.mark.parametrize("via", ["ws", "rest"])
@pytest.mark.parametrize("limits", ["usual", "high"])
async def test_a_flood_is_measured_by_what_others_notice_and_loses_nothing(
    env: dict[str, str], via: str, limits: str
) -> None:
    load = ("--connections", "3", "--pairs", "2", "--rate", "8", "--for", "1", "--via", via)
    done = await fynix(env, "bench", "flood", *load, "--limits", limits, "-o", "json")

    figures = figures_of(done)
    assert set(figures) >= LATENCIES
    assert (figures["acknowledged_lost"], figures["messages_missing"]) == (0, 0)
    assert (figures["answered_otherwise"], figures["full_503"]) == (0, 0)
    assert figures["server_memory_mib_peak"] >= figures["server_memory_mib_before"] > 0
    if limits == "usual":
        assert figures["acknowledged"] == 3 * 30
        assert figures["limited_429"] > 0
    else:
        assert figures["acknowledged"] > 3 * 30
        assert figures["limited_429"] == 0
    assert json.loads(done.out)["parameters"]["limits"] == limits


async def test_starting_is_measured(env: dict[str, str]) -> None:
    done = await fynix(env, "bench", "start", "--runs", "1", "-o", "json")

    assert set(figures_of(done)) == {
        "serve_ready_ms",
        "help_ms",
        "import_typer_ms",
        "help_to_typer",
    }


async def test_a_server_whose_limits_stand_in_the_way_is_named_with_the_mend(
    serve: Serve, env: dict[str, str]
) -> None:
    limited = await serve(rate_limit_login=RateLimit("3/60"))

    done = await fynix(env, "bench", "send", *SHORT, "--server", limited.url)

    assert done.code == ExitCode.RATE_LIMITED
    assert done.err.startswith("fynix: the server limits this load: ")
    assert "FYNIX_RATE_LIMIT_MESSAGES" in done.err
    assert done.out == ""


@pytest.mark.parametrize("via", ["ws", "rest"])
async def test_refused_messages_end_a_run_at_a_rate_and_are_no_figures(
    serve: Serve, env: dict[str, str], via: str
) -> None:
    limited = await serve(rate_limit_messages=RateLimit("2/60"))

    done = await fynix(
        env, "bench", "deliver", *SHORT, "--rate", "50", "--via", via, "--server", limited.url
    )

    assert (done.code, done.out) == (ExitCode.RATE_LIMITED, "")
    assert "limit 'messages': 2 in 60 s" in done.err
    assert len(done.err.splitlines()) == 1


async def test_a_server_that_dies_under_way_is_told_in_a_line(env: dict[str, str]) -> None:
    limits = {"FYNIX_RATE_LIMIT_MESSAGES": "1000000/60", "FYNIX_WS_FRAMES_PER_SECOND": "1000000"}
    server = await ServerProcess.start(env | limits)
    arguments = ("send", "--for", "60", "--pairs", "2", "--server", server.url)
    try:
        running = asyncio.create_task(fynix(env, "bench", *arguments))
        await until_connected(server.url)
    finally:
        await server.kill()
    done = await running

    assert (done.code, done.out) == (ExitCode.UNREACHABLE, "")
    assert len(done.err.splitlines()) == 1


async def until_connected(url: str) -> None:
    async with open_client(url) as client, asyncio.timeout(DEADLINE_SECONDS):
        connected = 0
        while not connected:
            connected = (await client.get("/api/ws/health")).json()["active_connections"]
            await asyncio.sleep(0.05)


async def test_too_few_files_for_the_sockets_are_told_in_a_line(
    unlimited: Api, env: dict[str, str]
) -> None:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", *MAIN),
        *("bench", "idle", "--connections", "80", "--server", unlimited.url),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        _, said = await process.communicate()

    assert process.returncode == ExitCode.FAILED
    assert said.decode().startswith("fynix: this system lets a process open no more files")
    assert len(said.splitlines()) == 1


async def test_a_server_with_databases_of_its_own_is_measured(env: dict[str, str]) -> None:
    done = await fynix(env, "bench", "send", *SHORT, "--stack", "full", "-o", "json")

    assert set(figures_of(done)) == MESSAGES
    assert json.loads(done.out)["parameters"]["stack"] == "full"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("send", "--server", "http://127.0.0.1:1"), ExitCode.UNREACHABLE, "no server is ready"),
        (("send", "--cpu", "4095"), ExitCode.USAGE, "no core 4095"),
        (("send", "--server", "http://127.0.0.1:1", "--cpu", "0"), ExitCode.USAGE, "runs already"),
        (
            ("flood", "--server", "http://127.0.0.1:1", "--limits", "high"),
            ExitCode.USAGE,
            "limits of its own",
        ),
        (("fanout", "--members", "1001"), ExitCode.USAGE, "at most 1000 members"),
        (("send", "--compare", "nowhere.json"), ExitCode.USAGE, "cannot compare with"),
        (("send", "--pairs", "0"), ExitCode.USAGE, "--pairs"),
    ],
)
async def test_what_cannot_be_measured_is_refused_in_a_line(
    env: dict[str, str], arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    done = await fynix(env, "bench", *arguments)

    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted_it_ends_its_server(env: dict[str, str], how: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *("bench", "send", "--for", "60"),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    bench = psutil.Process(process.pid)
    servers: list[psutil.Process] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        # A server that listens is one that has started.
        while not any(it.net_connections() for it in servers):
            await asyncio.sleep(0.05)
            servers = bench.children(recursive=True)
        process.send_signal(how)
        await process.communicate()

    assert process.returncode == ExitCode.INTERRUPTED
    assert not any(it.is_running() for it in servers)
