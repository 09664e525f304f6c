"""The parts that need no database: spans of numbers, and the size of batches."""

import math
from uuid import UUID

from fynix_server.maintenance.cleanup.pace import (
    FIRST_BATCH,
    GIVE_UP_SECONDS,
    LEAST_BATCH,
    LEAST_PAUSE_SECONDS,
    QUICK_ONES,
    TRIES,
    Pace,
    pause_seconds,
)
from fynix_server.maintenance.cleanup.purged_numbers import Gone, joined

HERE, THERE = UUID(int=1), UUID(int=2)


def test_neighbours_of_a_kind_are_one_span() -> None:
    spans = [Gone(HERE, 7, 7), Gone(HERE, 3, 5), Gone(HERE, 6, 6), Gone(HERE, 9, 9)]

    assert joined(spans) == [Gone(HERE, 3, 7), Gone(HERE, 9, 9)]


def test_events_and_other_conversations_are_spans_of_their_own() -> None:
    spans = [
        Gone(HERE, 1, 2),
        Gone(HERE, 3, 3, is_event=True),
        Gone(HERE, 4, 4),
        Gone(THERE, 5, 5),
    ]

    assert joined(spans) == spans


def test_a_slow_batch_halves_the_next_but_not_below_the_least() -> None:
    pace = Pace(500)
    while pace.size < 500:
        pace.note(pace.size, 0.001)

    pace.note(500, 0.2)
    assert pace.size == 250

    for _ in range(10):
        pace.note(pace.size, 0.2)
    assert pace.size == LEAST_BATCH


def test_a_quick_batch_alone_is_luck_and_makes_none_larger() -> None:
    pace = Pace(500)
    for _ in range(QUICK_ONES - 1):
        pace.note(pace.size, 0.001)
    assert pace.size == FIRST_BATCH

    pace.note(pace.size, 0.02)
    pace.note(pace.size, 0.001)
    assert pace.size == FIRST_BATCH


def test_what_was_taken_back_is_tried_smaller_however_quickly_it_was() -> None:
    pace = Pace(500)
    for _ in range(10 * QUICK_ONES):
        pace.note(pace.size, 0.001, is_kept=False)

    assert pace.size == LEAST_BATCH


def test_even_the_least_batch_is_taken_back_but_not_for_ever() -> None:
    pace = Pace(500)
    for _ in range(TRIES):
        assert pace.patience_seconds(LEAST_BATCH) == GIVE_UP_SECONDS
        pace.note(LEAST_BATCH, 0.07, is_kept=False)

    assert pace.patience_seconds(LEAST_BATCH) == math.inf
    assert pace.patience_seconds(LEAST_BATCH + 1) == GIVE_UP_SECONDS
    pace.note(LEAST_BATCH, 0.2)
    assert pace.patience_seconds(LEAST_BATCH) == GIVE_UP_SECONDS


def test_no_batch_is_larger_than_was_allowed() -> None:
    pace = Pace(3)
    for seconds in (0.001, 0.2, 0.001):
        assert pace.size == 3
        pace.note(3, seconds)


def test_a_batch_that_was_not_full_says_nothing_of_larger_ones() -> None:
    pace = Pace(500)
    size = pace.size

    pace.note(1, 0.001)

    assert pace.size == size


def test_the_pause_is_as_long_as_the_locks_were_held() -> None:
    assert pause_seconds(0.08) == 0.08
    assert pause_seconds(0.0) == LEAST_PAUSE_SECONDS


def test_how_long_locks_were_held_is_told_by_shares() -> None:
    pace = Pace(500)
    for milliseconds in range(1, 101):
        pace.note(1, milliseconds / 1000)

    assert (pace.held_at(0.5), pace.held_at(0.99), pace.held_at(1.0)) == (50, 99, 100)
