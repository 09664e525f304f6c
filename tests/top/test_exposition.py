"""Quantiles and sums of a page of metrics."""

from math import inf

import pytest

from fynix_cli.errors import CommandError
from fynix_cli.top.exposition import Exposition, quantile
from fynix_cli.top.plot import Past

PAGE = """\
# TYPE asked_total counter
asked_total{route="/a",status="200"} 3.0
asked_total{route="/a",status="429"} 1.0
asked_total{route="/metrics",status="200"} 90.0
# TYPE took_seconds histogram
took_seconds_bucket{kind="x",le="0.1"} 1.0
took_seconds_bucket{kind="x",le="+Inf"} 2.0
took_seconds_bucket{kind="y",le="0.1"} 4.0
took_seconds_bucket{kind="y",le="+Inf"} 4.0
took_seconds_count{kind="x"} 2.0
took_seconds_count{kind="y"} 4.0
took_seconds_sum{kind="x"} 9.0
took_seconds_sum{kind="y"} 0.1
"""


def test_labels_are_summed_and_some_are_left_out() -> None:
    page = Exposition(PAGE)

    assert page.value("asked_total") == 94
    assert page.value("unknown_total") is None
    assert page.by_label("asked_total", "status") == {"200": 93, "429": 1}
    but = page.by_label("asked_total", "status", but={"/metrics"}, of="route")
    assert but == {"200": 3, "429": 1}
    assert page.buckets("took_seconds") == {0.1: 5, inf: 6}


@pytest.mark.parametrize("text", ["<html>no metrics</html>", "a b c d e", '{"status": 404}'])
def test_what_is_no_page_of_metrics_is_told(text: str) -> None:
    with pytest.raises(CommandError, match="no page of metrics"):
        Exposition(text)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 1.0), (0.25, 1.5), (0.5, 2.0), (0.75, 3.0), (0.9, 3.6), (1.0, 4.0)],
)
def test_a_quantile_lies_evenly_within_its_bucket(share: float, expected: float) -> None:
    buckets = {1.0: 0.0, 2.0: 10.0, 4.0: 20.0, inf: 20.0}

    assert quantile(buckets, share) == pytest.approx(expected)


def test_a_quantile_past_the_last_bound_is_that_bound() -> None:
    assert quantile({1.0: 1.0, inf: 10.0}, 0.99) == 1.0


@pytest.mark.parametrize("buckets", [{}, {1.0: 0.0, inf: 0.0}])
def test_of_nothing_there_is_no_quantile(buckets: dict[float, float]) -> None:
    assert quantile(buckets, 0.5) is None


def test_a_plot_covers_the_time_it_must_and_keeps_peaks() -> None:
    past = Past()
    for number in range(100):
        past.add(50.0 if number == 90 else 1.0)

    columns = past.columns(10, at_least=40)

    assert columns == [1.0] * 7 + [50.0, 1.0, 1.0]


def test_a_plot_that_has_just_begun_is_empty_to_the_left_and_what_is_missing_is_nothing() -> None:
    past = Past()
    past.add(2.0)
    past.add(None)

    assert past.columns(4, at_least=4) == [0.0, 0.0, 2.0, 0.0]
    assert past.columns(0, at_least=4) == []


def test_a_peak_stays_as_high_while_it_moves() -> None:
    past = Past()
    heights = []
    for number in range(40):
        past.add(9.0 if number == 20 else 1.0)
        heights.append(max(past.columns(5, at_least=30)))

    assert heights == [1.0] * 20 + [9.0] * 20
