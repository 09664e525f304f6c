"""Which URLs of databases and of Redis can be used; the errors name the mend."""

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
"""The async driver of each scheme that people write without one."""


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


def check_redis_url(value: str) -> None:
    """Raises: ValueError (no Redis that this server can use)."""
    scheme = value.split(":", 1)[0]
    if scheme not in {"redis", "rediss", "unix", "fakeredis"} or "://" not in value:
        raise ValueError(
            f"REDIS_URL: unknown scheme {scheme!r}; use redis://HOST:6379/0, rediss://, unix:// or fakeredis://"
        )
