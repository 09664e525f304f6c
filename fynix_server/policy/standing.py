"""Whether an account may do anything now. A suspension ends by itself: its row is not touched."""

from datetime import datetime


def status_at(status: str, until: datetime | None, now: datetime) -> str:
    """What a stored status comes to at `now`; `tables.is_active_at` in SQL."""
    return "active" if until is not None and until <= now else status
