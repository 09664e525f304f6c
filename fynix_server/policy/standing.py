"""Whether an account may do anything now. A suspension ends by itself: its row is not touched."""

from datetime import datetime

from fynix_server.clock import whole_second
from fynix_server.errors import NotPermitted
from fynix_server.protocol.fields import rfc3339


def status_at(status: str, until: datetime | None, now: datetime) -> str:
    """What a stored status comes to at `now`; `tables.is_active_at` in SQL."""
    return "active" if until is not None and until <= now else status


def require_active(status: str, until: datetime | None, now: datetime) -> None:
    """Raises: NotPermitted (suspended, and until when, or banned)."""
    holds = status_at(status, until, now)
    if holds != "active":
        ends = "" if until is None else f" until {rfc3339(whole_second(until))}"
        word = "banned" if holds == "banned" else "suspended"
        raise NotPermitted(f"This account is {word}{ends}.", code="suspended")
