"""What time it is. A parameter everywhere, so that tests and scenarios can move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the current time, always aware and in UTC."""


def utc_now() -> datetime:
    """The system's clock, aware and in UTC."""
    return datetime.now(UTC)


def whole_second(moment: datetime) -> datetime:
    """The one in which it has come for certain: nobody reads a millionth of a second."""
    started = timedelta(seconds=1 if moment.microsecond else 0)
    return moment.replace(microsecond=0) + started
