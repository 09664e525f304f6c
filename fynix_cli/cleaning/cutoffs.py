"""How old something must be, as people write it: `30d`, or a day."""

import re
from datetime import datetime, timedelta

from fynix_cli.chat.moments import SECONDS_OF
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode

EXAMPLES = "write it like 12h, 30d, 8w, 2026-01-31 or 2026-01-31T12:00:00Z"


def cutoff_of(text: str, now: datetime) -> datetime:
    """The moment that `text` means at `now` (aware). A day begins at this machine's midnight.

    Raises: CommandError (no unit, nothing at all, a moment to come).
    """
    wanted = text.strip()
    matched = re.fullmatch(r"([0-9]{1,9})([smhdw])", wanted)
    try:
        if matched is None:
            found = datetime.fromisoformat(wanted)
            moment = found if found.tzinfo else found.astimezone()
        else:
            moment = now - timedelta(seconds=int(matched[1]) * SECONDS_OF[matched[2]])
    except (ValueError, OverflowError, OSError):
        raise _usage(f"{text!r} is no age and no day") from None
    if moment >= now:
        raise _usage(f"{text!r} is not in the past: it is {moment:%Y-%m-%d %H:%M}")
    return moment


def require_age(name: str, cutoff: datetime, now: datetime, least: timedelta) -> None:
    """Raises: CommandError (`cutoff` is younger than `least`)."""
    if now - cutoff < least:
        days = f"{least.days} day{'s' if least.days > 1 else ''}"
        raise CommandError(
            f"{name} younger than {days} stay: {cutoff:%Y-%m-%d %H:%M} is too recent",
            hint=f"write an age of {least.days}d or more",
            exit_code=ExitCode.USAGE,
        )


def _usage(problem: str) -> CommandError:
    return CommandError(problem, hint=EXAMPLES, exit_code=ExitCode.USAGE)
