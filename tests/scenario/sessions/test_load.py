"""`fynix scenario load`: the same file, played by many at once."""

import asyncio
import json
import os
import random
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.load.histogram import Histogram, PercentHistogram, new_histogram
from fynix_cli.scenario.load.progress import progress_line
from fynix_cli.scenario.load.tally import Tally, plain_text, template
from fynix_cli.scenario.playing.outcome import Outcome, Status
from tests.cli.terminal import DEADLINE_SECONDS, Terminal
from tests.people import Api

embedded_only = pytest.mark.parametrize("stack", ["embedded"])
HELLO = """
fynix: 1
name: hello
actors: {alice: {}, bob: {}}
steps:
  - alice.dm: {with: bob, save: dm}
  - alice.send: {in: $dm, text: hello, save: m1}
  - bob.expect: {event: new_message, where: {message.id: $m1.id}}
report: {latency: {p95: {lt: 30s}}}
"""
WRONG = HELLO.replace("hello, save", "hello, expect: {status: 418}, save")
OUTCOME = Outcome("key", "file", "title", "embedded", Status.passed, 0.5)
_MAIN = "from fynix_cli.main import main; main()"


@pytest.fixture
def hello(file: Path) -> Path:
    file.write_text(HELLO)
    return file


@pytest.fixture
def wrong(file: Path) -> Path:
    """Fails at its second step."""
    file.write_text(WRONG)
    return file


def report_of(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


async def test_many_play_it_at_once_with_people_of_their_own(
    unlimited: Api, terminal: Terminal, hello: Path, tmp_path: Path
) -> None:
    reports = f"json={tmp_path / 'load.json'},html={tmp_path / 'load.html'}"
    arguments = ("--users", "3", "--ramp", "0.2s", "--for", "1s", "--report", reports)
    there = ("--server", unlimited.url)

    answer = await terminal.run("scenario", "load", str(hello), *arguments, *there)

    found = report_of(tmp_path / "load.json")
    iterations = found["iterations"]
    assert iterations >= 3
    assert (found["failures"], found["missed"], found["cut_short"]) == ({}, [], 0)
    assert found["statuses"] == {"201": 2 * iterations}
    # Both of each conversation are told of its message.
    assert found["events"]["new_message"]["count"] == 2 * iterations
    sends = found["requests"]["POST /api/conversations/{id}/messages"]
    assert sends["count"] == iterations
    assert 0 < sends["p50_ms"] <= sends["p95_ms"] <= sends["p99_ms"] <= sends["max_ms"]
    assert f"{iterations} (0 failed, 0 cut short)" in answer.out
    assert "delivery of messages" in answer.out
    assert "<title>Fynix: hello: 3 users" in report_text(tmp_path / "load.html")


def report_text(file: Path) -> str:
    return file.read_text()


@embedded_only
async def test_a_private_server_is_one_for_all(terminal: Terminal, hello: Path) -> None:
    arguments = ("--users", "2", "--for", "0.5s", "--seed", "7")

    answer = await terminal.run("scenario", "load", str(hello), *arguments)

    assert "seed 7" in answer.err
    assert "(0 failed, 0 cut short)" in answer.out


@embedded_only
async def test_too_slow_a_server_is_said_to_be_so(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    written(file, HELLO.replace("30s", "1ms"))
    arguments = ("--server", unlimited.url, "--users", "1", "--for", "0.2s")

    answer = await terminal.run(
        "scenario", "load", str(file), *arguments, expect=ExitCode.ASSERTIONS_FAILED
    )

    assert "missed: latency of new_message: p95 is " in answer.err
    # Judged over all: no iteration failed of it.
    assert "(0 failed" in answer.out


@embedded_only
async def test_failures_are_counted_by_what_they_say(
    unlimited: Api, terminal: Terminal, wrong: Path
) -> None:
    arguments = ("--server", unlimited.url, "--users", "2", "--for", "0.2s")

    answer = await terminal.run(
        "scenario", "load", str(wrong), *arguments, expect=ExitCode.ASSERTIONS_FAILED
    )

    # However many there was time for.
    found = re.search(r"(\d+) × alice.send: status: expected 418, got 201", answer.out)
    assert found is not None
    assert f"missed: {found[1]} of {found[1]} iterations failed: 100.0%, 0.0% may" in answer.err


@embedded_only
async def test_as_many_may_fail_as_is_said(unlimited: Api, terminal: Terminal, file: Path) -> None:
    written(file, WRONG.partition("report:")[0])
    arguments = ("--users", "1", "--for", "0.1s", "--max-failures", "1")

    await terminal.run("scenario", "load", str(file), "--server", unlimited.url, *arguments)


@embedded_only
@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("clock.advance: 61s", "clock.advance would hit all"),
        ("repeat: {times: 1, do: [{fault: redis_down}]}", "fault redis_down would hit all"),
        ("fault: {type: restart_node, for: 1s}", "fault restart_node would hit all"),
    ],
)
async def test_what_would_hit_everybody_is_refused_with_its_place(
    terminal: Terminal, file: Path, step: str, told: str
) -> None:
    written(file, f"fynix: 1\nname: n\nactors: {{alice: {{}}}}\nsteps:\n  - {step}\n")

    answer = await terminal.run("scenario", "load", str(file), expect=ExitCode.USAGE)

    assert f"{file}:5:" in answer.err
    assert told in answer.err


@embedded_only
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ramp", "2m"), "--ramp 2m is longer than --for 30s"),
        (("--for", "long"), "'long' is no length of time"),
        (("--report", "junit=x.xml"), "no junit report"),
        (("--server", "http://127.0.0.1:1", "--stack", "full"), "--stack is of private servers"),
    ],
)
async def test_what_makes_no_load_is_refused(
    terminal: Terminal, hello: Path, arguments: tuple[str, ...], told: str
) -> None:
    answer = await terminal.run("scenario", "load", str(hello), *arguments, expect=ExitCode.USAGE)

    assert told in answer.err


@embedded_only
async def test_an_account_that_there_is_once_is_refused(terminal: Terminal, file: Path) -> None:
    written(file, HELLO.replace("alice: {}", "alice: {login: alice}"))

    answer = await terminal.run("scenario", "load", str(file), expect=ExitCode.USAGE)

    assert "every virtual user needs an own" in answer.err


@embedded_only
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to a child")
async def test_ctrl_c_ends_it_with_the_figures_so_far(
    unlimited: Api, terminal: Terminal, hello: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _MAIN, "scenario", "load", str(hello)),
        *("--server", unlimited.url, "--users", "2", "--for", "10m"),
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    await asyncio.wait_for(process.stderr.readline(), DEADLINE_SECONDS)

    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)

    assert process.returncode == ExitCode.INTERRUPTED, (out, err)
    assert b"users                  2" in out


@pytest.mark.parametrize("make", [new_histogram, PercentHistogram])
def test_a_histogram_is_right_to_a_percent_and_does_not_grow(
    make: Callable[[], Histogram],
) -> None:
    chance = random.Random(1)
    values = sorted(chance.lognormvariate(-4, 1) for _ in range(20_000))
    histogram = make()

    for value in values:
        histogram.note(value)

    assert len(histogram) == len(values)
    for share in (0.5, 0.95, 0.99, 1.0):
        exact = values[max(0, round(share * len(values)) - 1)]
        assert histogram.quantile(share) == pytest.approx(exact, rel=0.015)
    rows = histogram.doublings()
    assert sum(count for _, count in rows) == len(values)
    assert len(rows) < 25


def test_failures_that_differ_only_in_ids_are_one() -> None:
    tally = Tally()

    for number in range(200):
        text = (
            f"bob_{number:010x} got 01a227d8-e075-7511-b4cb-{number:012x} after {number / 7:.3f} s"
        )
        tally.note_outcome(replace(OUTCOME, status=Status.failed, text=text))

    assert tally.failures == {"bob_… got {id} after … s": 200}
    assert tally.failed_share == 1.0


def test_however_many_failures_differ_few_are_kept() -> None:
    tally = Tally()

    for number in range(999):
        tally.note_outcome(replace(OUTCOME, status=Status.failed, text=f"failure {number}"))

    assert len(tally.failures) <= 51
    assert tally.failed == 999


def test_paths_are_told_without_what_is_in_them() -> None:
    path = "/api/conversations/01a227d8-e075-7511-b4cb-16a0055353d8/messages?limit=3"

    assert template(path) == "/api/conversations/{id}/messages"
    assert plain_text("429, try again in 57 s\nsecond line") == "429, try again in … s"


def test_progress_says_how_it_is_going() -> None:
    tally = Tally(clock=lambda: 10.0, began=0.0, users=3, messages=25)
    tally.note_outcome(replace(OUTCOME, latencies={"new_message": [0.0101]}))

    line = progress_line(tally, 60)

    assert line == ("10/60 s   users 3   iterations 1   failed 0   2.5 msgs/s   p95 10.1 ms")
