"""Running the checks: beside one another, each within its deadline, none hiding another."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from fynix_cli.checkup.check import Check, Found, Teller
from fynix_cli.checkup.clock import check_clock
from fynix_cli.checkup.config import check_config
from fynix_cli.checkup.database import check_database
from fynix_cli.checkup.migrations import check_migrations
from fynix_cli.checkup.permissions import check_permissions
from fynix_cli.checkup.ports import check_ports
from fynix_cli.checkup.redis import check_redis
from fynix_cli.checkup.surroundings import Surroundings

DEADLINE_SECONDS = 10.0
"""More than all that a part waits for on its own; then its last line says that it hangs."""

CHECKS: Mapping[str, Check] = {
    "config": check_config,
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "clock": check_clock,
    "ports": check_ports,
    "permissions": check_permissions,
}


async def examine(
    around: Surroundings, checks: Mapping[str, Check], deadline_seconds: float = DEADLINE_SECONDS
) -> AsyncIterator[list[Found]]:
    """What each of `checks` found, in their order; all of them look at once."""
    tasks = [
        asyncio.create_task(_run(name, check, around, deadline_seconds))
        for name, check in checks.items()
    ]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(
    part: str, check: Check, around: Surroundings, deadline_seconds: float
) -> list[Found]:
    found: list[Found] = []
    tell = Teller(part)
    try:
        async with asyncio.timeout(deadline_seconds):
            async for it in check(around):
                found.append(it)
    except TimeoutError:
        said = f"no answer within {deadline_seconds:g} s"
        found.append(tell.failed("deadline", said, "look at the line above, then try again"))
    except Exception as error:  # whatever it is, the other parts are to be told as well
        said = f"unexpected {type(error).__name__}: {error}"
        found.append(tell.failed("check", said, "tell whoever maintains Fynix"))
    return found
