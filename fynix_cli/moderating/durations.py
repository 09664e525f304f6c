"""How long something lasts, as people write it on a command line."""

import re
from typing import NamedTuple

from fynix_cli.chat.moments import SECONDS_OF
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_server.protocol.moderation import MAX_SECONDS

EXAMPLES = "write it like 90s, 30m, 12h, 7d or 2w"


def seconds_of(text: str) -> int:
    """Whole seconds, at least one. Raises: CommandError (no unit, no number, nothing at all)."""
    matched = re.fullmatch(r"([0-9]{1,9})([smhdw])", text.strip())
    seconds = int(matched[1]) * SECONDS_OF[matched[2]] if matched else 0
    if seconds < 1:
        raise CommandError(f"{text!r} is no duration", hint=EXAMPLES, exit_code=ExitCode.USAGE)
    return seconds


class Span(NamedTuple):
    """How long something is to hold. `seconds` None: until somebody ends it. `words` follow the
    name of whom it is about: ` for 7 days`, or nothing."""

    seconds: int | None
    words: str


def span_of(text: str | None) -> Span:
    """Raises: CommandError (no duration; longer than a server takes)."""
    if text is None:
        return Span(None, "")
    seconds = seconds_of(text)
    if seconds > MAX_SECONDS:
        raise CommandError(
            f"{text!r} is longer than ten years", hint=EXAMPLES, exit_code=ExitCode.USAGE
        )
    return Span(seconds, f" for {in_words(seconds)}")


def in_words(seconds: int) -> str:
    """The largest unit that is whole: 86400 is `1 day`."""
    for unit, length in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds} second" + ("s" if seconds > 1 else "")
