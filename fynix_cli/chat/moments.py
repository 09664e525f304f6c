"""Moments of the past, as people write them on a command line."""

import re
from datetime import datetime, timedelta

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode

SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
CENTURY_SECONDS = 100 * 365 * 86_400
CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""A time that the server gave may lie a little ahead of this machine's clock."""
FIRST_YEAR = 1970
EXAMPLES = "write it like 10m, 2h, 3d, 14:30, 2026-11-24, 2026-11-24T14:30:00Z or all"


def parse_since(text: str, now: datetime) -> datetime | None:
    """What `--since` means at `now` (aware): a moment, or None for everything.

    Without an offset a time is this machine's local time.

    Raises: CommandError.
    """
    wanted = text.strip()
    if wanted == "all":
        return None
    try:
        moment = _ago(wanted, now) or _time_today(wanted, now) or _date(wanted)
    except (ValueError, OverflowError, OSError):
        raise _usage(f"{text!r} is no time") from None
    if moment > now + CLOCK_MAY_DIFFER:
        raise _usage(f"{text!r} is still to come: it is {moment:%Y-%m-%d %H:%M}")
    return moment if moment.year >= FIRST_YEAR else None


def _usage(problem: str) -> CommandError:
    return CommandError(problem, hint=EXAMPLES, exit_code=ExitCode.USAGE)


def _ago(text: str, now: datetime) -> datetime | None:
    matched = re.fullmatch(r"([0-9]+)([smhdw])", text)
    if matched is None:
        return None
    # A century is longer than anything was said, and what a datetime can reckon with.
    return now - timedelta(seconds=min(int(matched[1]) * SECONDS_OF[matched[2]], CENTURY_SECONDS))


def _time_today(text: str, now: datetime) -> datetime | None:
    matched = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", text)
    if matched is None:
        return None
    hour, minute, second = (int(part or 0) for part in matched.groups())
    today = now.astimezone().replace(tzinfo=None)
    # Made aware only then: on some days the offset changes between that time and now.
    return today.replace(hour=hour, minute=minute, second=second, microsecond=0).astimezone()


def _date(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()
