"""Whether this machine's clock agrees with those of the database and of Redis."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy import text

from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.database import DATABASE_FIELDS, connection_to
from fynix_cli.checkup.redis import redis_of
from fynix_cli.checkup.surroundings import Surroundings
from fynix_server.clock import Clock
from fynix_server.maintenance.schema_errors import SchemaError
from fynix_server.redis_client import REDIS_ERRORS

TOLERABLE_MS = 1000
TOO_MUCH_MS = 5000
"""docs/operations.md: clocks may differ by a few seconds, not more."""
MEND = "let NTP set both clocks: timedatectl set-ntp true"

_tell = Teller("clock")


async def check_clock(around: Surroundings) -> AsyncIterator[Found]:
    """Asks each of them for the time, and takes half of the way there and back off."""
    yield await _database_clock(around)
    yield await _redis_clock(around)


async def _database_clock(around: Surroundings) -> Found:
    if why := around.why_unknown(*DATABASE_FIELDS):
        return _tell.skipped("database", why)
    if around.settings.is_sqlite:
        return _tell.ok("database", "SQLite goes by this machine's clock")
    try:
        async with connection_to(around.settings) as connection:

            async def ask() -> datetime:
                found = await connection.scalar(text("SELECT clock_timestamp()"))
                return found or datetime.now(UTC)

            return judge_skew("database", await _skew_ms(ask, around.clock))
    except SchemaError:
        return _tell.skipped("database", "the database does not answer")


async def _redis_clock(around: Surroundings) -> Found:
    if why := around.why_unknown("redis_url"):
        return _tell.skipped("redis", why)
    if around.settings.is_fakeredis:
        return _tell.ok("redis", "fakeredis goes by this machine's clock")
    async with redis_of(around.settings) as redis:

        async def ask() -> datetime:
            seconds, microseconds = await redis.time()
            return datetime.fromtimestamp(int(seconds) + int(microseconds) / 1e6, UTC)

        try:
            return judge_skew("redis", await _skew_ms(ask, around.clock))
        except REDIS_ERRORS:
            return _tell.skipped("redis", "Redis does not answer")


async def _skew_ms(ask: Callable[[], Awaitable[datetime]], clock: Clock) -> float:
    """How far this machine is ahead of what `ask` says, in milliseconds."""
    # The first one opens the connection, which takes long and in one direction only.
    await ask()
    before = clock()
    theirs = await ask()
    middle = before + (clock() - before) / 2
    return (middle - theirs).total_seconds() * 1000


def judge_skew(name: str, skew_ms: float) -> Found:
    """What it means that this machine's clock is so far ahead (below 0: behind)."""
    direction = "ahead of" if skew_ms >= 0 else "behind"
    said = f"this machine is {abs(skew_ms):.0f} ms {direction} it"
    if abs(skew_ms) > TOO_MUCH_MS:
        return _tell.failed(name, f"{said}: tokens and rate limits go wrong", MEND)
    if abs(skew_ms) > TOLERABLE_MS:
        return _tell.warning(name, said, MEND)
    return _tell.ok(name, said)
