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
from tests.end_to_end.server_process import DEADLINE_SECONDS, MAIN, Finished, environment, fynix
from tests.people import Api, Serve

LATENCIES = {"p50_ms", "p95_ms", "p99_ms", "max_ms"}
COSTS = {"server_cpu_ms_per_message", "server_memory_mib"}
SHORT = ("--for", "0.3", "--warm-up", "0", "--pairs", "2")


@pytest.fixture
def stack() -> str:
    return "embedded"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """With a folder for temporary files of its own, to see what is left there."""
    (tmp_path / "temporary").mkdir()
    return environment(tmp_path, TMPDIR=str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def leaves_nothing_behind(tmp_path: Path) -> Iterator[None]:
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
    assert set(figures) == {"messages_per_second"} | LATENCIES | COSTS
    assert figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    earlier = json.loads(done.out)
    earlier["figures"] = {name: value / 2 for name, value in figures.items()} | {"gone": 1.0}
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))
    again = await fynix(
        env, "bench", "send", *SHORT, "--compare", str(tmp_path / "earlier.json"), "-o", "json"
    )
    ratios = json.loads(again.out)["ratios"]
    now = json.loads(again.out)["figures"]
    assert ratios == {name: pytest.approx(now[name] / figures[name] * 2) for name in figures}
    assert again.err == ""


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("send", *SHORT, "--via", "rest"), {"messages_per_second"} | LATENCIES | COSTS),
        (("deliver", *SHORT, "--rate", "50"), {"messages_per_second"} | LATENCIES | COSTS),
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


async def test_reading_a_filled_database_is_measured(env: dict[str, str]) -> None:
    done = await fynix(
        env, "bench", "history", "--messages", "2000", "--requests", "3", "-o", "json"
    )

    pages = ("newest_page", "older_page", "missed_page", "conversations")
    wanted = {f"{page}_{name}" for page in pages for name in LATENCIES} | {"server_memory_mib"}
    assert set(figures_of(done)) == wanted


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


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("send", "--server", "http://127.0.0.1:1"), ExitCode.UNREACHABLE, "no server is ready"),
        (("send", "--cpu", "4095"), ExitCode.USAGE, "no core 4095"),
        (("send", "--server", "http://127.0.0.1:1", "--cpu", "0"), ExitCode.USAGE, "runs already"),
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


async def test_interrupted_it_ends_its_server(env: dict[str, str]) -> None:
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
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert process.returncode == ExitCode.INTERRUPTED
    assert not any(it.is_running() for it in servers)
