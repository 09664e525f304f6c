"""What `--since` understands."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fynix_cli.chat.moments import parse_since
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_helsinki(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two hours ahead of UTC in winter, three in summer."""
    monkeypatch.setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", "2026-11-24T11:58:30Z"),
        ("10m", "2026-11-24T11:50:00Z"),
        ("2h", "2026-11-24T10:00:00Z"),
        ("3d", "2026-11-21T12:00:00Z"),
        ("1w", "2026-11-17T12:00:00Z"),
        ("0s", "2026-11-24T12:00:00Z"),
        ("  2h ", "2026-11-24T10:00:00Z"),
        ("13:30", "2026-11-24T11:30:00Z"),
        ("9:05", "2026-11-24T07:05:00Z"),
        ("13:30:15", "2026-11-24T11:30:15Z"),
        ("2026-11-24", "2026-11-23T22:00:00Z"),
        ("2026-07-01", "2026-06-30T21:00:00Z"),
        ("2026-11-24T13:30", "2026-11-24T11:30:00Z"),
        ("2026-11-24 13:30:15.5", "2026-11-24T11:30:15.500000Z"),
        ("2026-11-24T11:30:00Z", "2026-11-24T11:30:00Z"),
        ("2026-11-24T11:30:00.123456Z", "2026-11-24T11:30:00.123456Z"),
        ("2026-11-24T06:30:00-05:00", "2026-11-24T11:30:00Z"),
        ("2026-11-24T12:01:00Z", "2026-11-24T12:01:00Z"),
    ],
)
def test_a_moment_is_understood(text: str, moment: str) -> None:
    assert parse_since(text, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["all", "99999999999999w", "3000w", "1969-01-01"])
def test_everything_is_asked_for_by_name_or_by_reaching_back_far_enough(text: str) -> None:
    assert parse_since(text, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "m",
        "-10m",
        "1.5h",
        "ten minutes",
        "yesterday",
        "25:00",
        "14:60",
        "2026-13-01",
        "2026-11-24T25:00",
        "ALL",
        "14:30",  # in half an hour
        "2026-11-25",
        "2026-11-24T12:06:00Z",
        "٣d",  # int() would read it
    ],
)
def test_what_is_no_moment_of_the_past_is_refused_with_examples(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_since(text, NOW)

    assert caught.value.exit_code == ExitCode.USAGE
    assert "10m, 2h, 3d" in str(caught.value)
