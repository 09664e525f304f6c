"""What time it is. A parameter everywhere, so that tests and scenarios can move it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, always aware and in UTC."""


def utc_now() -> datetime:
    """The system's clock, aware and in UTC."""
    return datetime.now(UTC)
