"""Numbers as `fynix top` shows them: short, and of a width that does not jump."""

from collections.abc import Mapping

NOTHING = "–"
MIB = 2**20
MANY = 1000
DAY, HOUR, MINUTE = 86400, 3600, 60


def rate(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.0f}/s" if value >= MANY else f"{value:.1f}/s"


def milliseconds(value: float | None) -> str:
    if value is None:
        return NOTHING
    if value >= MANY:
        return f"{value / MANY:.1f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.{1 if value >= 1 else 2}f} ms"


def mebibytes(value: float | None) -> str:
    return NOTHING if value is None else f"{value / MIB:.0f} MiB"


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """The two largest units: 3 d 4 h, 12 m 5 s."""
    if seconds is None:
        return NOTHING
    whole = max(0, int(seconds))
    days, hours = whole // DAY, whole % DAY // HOUR
    minutes, rest = whole % HOUR // MINUTE, whole % MINUTE
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {rest} s" if minutes else f"{rest} s"


def rates_by_name(values: Mapping[str, float], otherwise: str) -> str:
    """Each with its name, those that are 0 left out."""
    told = [f"{name} {rate(value)}" for name, value in sorted(values.items()) if value > 0]
    return "  ".join(told) or otherwise
