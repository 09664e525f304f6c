"""A connection to Postgres that can be closed also where nobody answers any more."""

from contextlib import suppress

import asyncpg


class PostgresLine(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """As asyncpg's, which cuts off a line that cannot be closed in time, but complains as well.

    SQLAlchemy closes an abandoned line in a task of its own. Where whoever abandoned it has been
    cancelled, nobody awaits that task, and its complaint ends up in the log with a traceback.
    """

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's own
        """Close it; by force where that takes longer than `timeout` seconds."""
        with suppress(TimeoutError):
            await super().close(timeout=timeout)
