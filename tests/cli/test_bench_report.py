"""What `fynix bench` makes of what it has measured, or could not."""

import json
import time

import pytest

from fynix_cli.bench.figures import Costs, Latencies, Outcome
from fynix_cli.bench.pairs import Arrivals, Pair, count_as_late
from fynix_cli.bench.people import Somebody, crowd_at
from fynix_cli.bench.report import plot, report
from fynix_cli.errors import Unreachable
from fynix_cli.output import OutputFormat


def test_a_generator_that_was_busy_all_the_time_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    busy, idle = Costs(wall_seconds=10, own_cpu_seconds=9.5), Costs(10, own_cpu_seconds=8.5)
    outcome = Outcome("send", {}, {"p50_ms": 1.0}, None, busy.is_generator_bound)

    report(outcome, OutputFormat.json, None)

    shown = capsys.readouterr()
    assert json.loads(shown.out)["generator_bound"] is True
    assert "this end was busy the whole time" in shown.err
    assert not idle.is_generator_bound


def test_another_run_is_compared_with_a_word_of_what_differs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = Outcome("send", {"pairs": 16, "via": "ws"}, {"p50_ms": 3.0, "max_ms": 9.0})
    earlier = {"bench": "send", "parameters": {"pairs": 8, "via": "ws"}, "figures": {"p50_ms": 2.0}}

    report(outcome, OutputFormat.table, earlier)

    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["p50_ms\t3\t1.50 x", "max_ms\t9"]
    assert "other parameters: pairs 8, now 16" in shown.err


def test_a_plot_shows_each_latency_once(capsys: pytest.CaptureFixture[str]) -> None:
    latencies = Latencies()
    for milliseconds in [1] * 6 + [3] * 3 + [40]:
        latencies.note(milliseconds / 1000)

    plot(latencies)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert sum(int(words[2]) for words in lines) == len(latencies)
    assert max(len(words[3]) for words in lines if len(words) > 3) == 40


async def test_what_never_arrives_counts_as_late_and_not_as_absent() -> None:
    arrivals = Arrivals(since=0.0)
    async with crowd_at("http://127.0.0.1:1") as crowd:
        pair = Pair(crowd, Somebody("", ""), arrivals)
        pair.under_way["lost"] = time.perf_counter() - 20.0

        assert count_as_late([pair], arrivals) == 1

    assert len(arrivals.latencies) == 1
    assert arrivals.latencies.figures()["max_ms"] >= 20_000


async def test_a_request_that_nobody_answers_is_told_as_such() -> None:
    async with crowd_at("http://127.0.0.1:1") as crowd:
        with pytest.raises(Unreachable, match="the server did not answer"):
            await crowd.register(2)
