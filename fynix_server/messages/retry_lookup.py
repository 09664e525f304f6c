"""Whether what the limit refuses is stored already: then it is a retry, and let in all the same.

Looked up together, on one connection: those who go on at their limit would otherwise take all of
them, and the writer would wait. See docs/decisions/0031-refused-sends-are-looked-up-together.md.
"""

from collections.abc import Sequence
from uuid import UUID

from fynix_server.batcher import Batcher
from fynix_server.database import Database
from fynix_server.messages import queries

Key = tuple[UUID, UUID, str]
"""Sender, conversation, client_message_id."""

_MAX_TOGETHER = 64


class RetryLookup:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher = Batcher(self._look, at_most=_MAX_TOGETHER, name="retry_lookup")

    async def is_stored(self, key: Key) -> bool:
        """Raises: Unavailable."""
        return await self._batcher.ask(key)

    async def _look(self, keys: Sequence[Key]) -> list[bool]:
        async with self._database.read() as connection:
            known = await connection.run_sync(queries.messages_by_key, keys)
        return [key in known for key in keys]

    async def close(self) -> None:
        """Before the database is closed."""
        await self._batcher.close()
