"""The transaction of an act: committed, or in a dry run done all the same and taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.database import Database


class _TakenBack(Exception):
    """Raised to roll back what a dry run has done."""


@asynccontextmanager
async def act_transaction(
    database: Database, *, is_dry_run: bool = False
) -> AsyncIterator[AsyncConnection]:
    """A writing transaction. `is_dry_run`: everything happens, its entry in the log too, and then
    nothing of it has; so a dry run meets every refusal and tells every count of the real one.

    Raises: Unavailable.
    """
    try:
        async with database.write() as connection:
            yield connection
            if is_dry_run:
                raise _TakenBack
    except _TakenBack:
        return
