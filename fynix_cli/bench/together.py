"""Many things at once, of which the first failure ends the others."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from fynix_cli.errors import CommandError

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order. None goes on once this has returned or raised.

    Raises: CommandError (the first failure, as itself).
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except* CommandError as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
