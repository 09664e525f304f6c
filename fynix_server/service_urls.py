"""Which URLs of databases and of Redis, and which addresses, can be used; errors name the mend.

They repeat no part of what follows the scheme: where a URL cannot be taken apart as it was
meant, any part of it may be one of the password.
"""

import re
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
"""The async driver of each scheme that people write without one."""
MAX_PORT = 65535
# As SQLAlchemy takes a URL apart, but for an @ behind the host: that host is of the password.
_POSTGRES_URL = re.compile(
    r"[^:]+://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^/?@]+\]|[^/:?@\[]*)(?::(?P<port>[0-9]{0,5}))?"
    r"(?:/[^?@]*)?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@*\s]+")
_ESCAPES = "and %40 %2F %3A %23 %3F for each @ / : # ? in a password"


def check_database_url(value: str | None) -> None:
    """Raises: ValueError (no database that this server can use; None is the local one)."""
    if value is None:
        return
    scheme, _, rest = value.partition("://")
    if not rest and scheme == value:
        raise ValueError(
            "DATABASE_URL: not a URL; write postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME "
            "or sqlite+aiosqlite:///PATH"
        )
    if scheme not in DRIVERS and scheme not in DRIVERS.values():
        raise ValueError(
            f"DATABASE_URL: unknown scheme {scheme!r}; use postgresql+asyncpg:// or sqlite+aiosqlite://"
        )
    if not scheme.startswith("sqlite"):
        _check_postgres_url(value)


def _check_postgres_url(value: str) -> None:
    parts = _POSTGRES_URL.fullmatch(value)
    if parts is None or not _is_port(int(parts["port"]) if parts["port"] else None):
        raise ValueError(
            "DATABASE_URL: its host and port cannot be read; write "
            f"postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME, {_ESCAPES}"
        )
    if "sslmode" in parse_qs(parts["query"] or ""):
        raise ValueError(
            "DATABASE_URL: sslmode is a word of libpq, which asyncpg does not know; "
            "write ssl= in its place, such as ?ssl=require"
        )


def check_redis_url(value: str) -> None:
    """Raises: ValueError (no Redis that this server can use)."""
    scheme = value.split(":", 1)[0]
    if scheme not in {"redis", "rediss", "unix", "fakeredis"} or "://" not in value:
        raise ValueError(
            f"REDIS_URL: unknown scheme {scheme!r}; use redis://HOST:6379/0, rediss://, unix:// or fakeredis://"
        )
    if scheme in {"redis", "rediss"} and not _is_readable_redis_url(value):
        raise ValueError(
            "REDIS_URL: its host and port cannot be read; write "
            f"redis://:PASSWORD@HOST:6379/0, {_ESCAPES}"
        )


def _is_readable_redis_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        # An @ behind the host means that what was taken for it is a part of the password.
        is_whole = "@" not in parts.path + parts.query + parts.fragment
        return is_whole and _is_port(parts.port)
    except ValueError:
        return False


def _is_port(number: int | None) -> bool:
    return number is None or 1 <= number <= MAX_PORT


def origins_of(value: str) -> frozenset[str]:
    """The origins of FRONTEND_ORIGIN, as browsers write them."""
    return frozenset(it.strip().rstrip("/").lower() for it in value.split(",") if it.strip())


def _checked_address(value: str) -> str:
    named = re.fullmatch(r"[^:\s]+:([0-9]{1,5})", value)
    if named is None or int(named[1]) > MAX_PORT:
        raise ValueError(f"{value!r} is not HOST:PORT; write it like 127.0.0.1:9100")
    return value


def _checked_origins(value: str) -> str:
    """What no browser ever sends would let nobody in, and say nothing."""
    for origin in sorted(origins_of(value)):
        if origin != "null" and _ORIGIN.fullmatch(origin) is None:
            raise ValueError(
                f"{origin!r} is no origin, which is scheme, host and port alone; "
                "write it like https://chat.example.com, several with commas between"
            )
    return value


MetricsAddress = Annotated[str, AfterValidator(_checked_address)]
Origins = Annotated[str, AfterValidator(_checked_origins)]
