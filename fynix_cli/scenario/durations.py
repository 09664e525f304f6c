"""Lengths of time as they are typed on the command line."""

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.values import seconds


def parse_duration(text: str, option: str) -> float:
    """`30s`, `5m` or `30` (seconds) in seconds. Raises: CommandError."""
    try:
        return float(text) if text.replace(".", "", 1).isdecimal() else float(seconds(text))
    except ValueError:
        raise CommandError(
            f"{option} {text!r} is no length of time",
            hint="write it like 500ms, 30s, 5m or 1h",
            exit_code=ExitCode.USAGE,
        ) from None
