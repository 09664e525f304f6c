"""An erasure at work: short transactions with rests between, for so long and then to be resumed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import Conflict
from fynix_server.privacy import queries
from fynix_server.privacy.queries import Counts
from fynix_server.privacy.tombstones import tombstone_username
from fynix_server.resources import Resources

SHORT_SECONDS, LONG_SECONDS = 0.02, 0.05
"""A transaction that took less may do more the next time, one that took longer less."""
LEAST_MESSAGES, MOST_MESSAGES = 10, 100
"""In one transaction; at most what every outbox has place for the frames of."""


class TimeIsUp(Exception):
    """The request has worked for as long as one may; the next goes on from there."""


@dataclass
class Erasing:
    """`until`: seconds of the loop's clock, when to stop. `at`: how far it has come."""

    resources: Resources
    erasure_id: UUID
    user_id: UUID
    begun_at: datetime
    until: float
    at: tuple[UUID, int] | None
    messages_at_once: int = 25
    _last_seconds: float = field(default=0.0, init=False)

    @property
    def username(self) -> str:
        """What they are called from now on."""
        return tombstone_username(self.erasure_id)

    @asynccontextmanager
    async def transaction(self, counts: Counts) -> AsyncIterator[AsyncConnection]:
        """A short one; `counts`, filled by its end, is counted in it.

        Raises: Unavailable, Conflict (another request has finished the erasure).
        """
        loop = asyncio.get_running_loop()
        async with self.resources.database.write() as connection:
            began = loop.time()  # waiting for others is no reason to rest from
            # First of all: of two requests at once, one works and the other waits.
            row = await queries.lock_erasure(connection, self.user_id)
            if row is None:
                raise Conflict("They have been erased meanwhile.", code="already_so")
            yield connection
            await queries.add_counts(connection, self.user_id, row.counts, counts)
        self._last_seconds = loop.time() - began

    async def rest(self) -> None:
        """Leave the database to others for as long as the last transaction took."""
        await asyncio.sleep(self._last_seconds)
        self._last_seconds = 0.0

    def adapt(self) -> None:
        """Have the next transaction about messages hold its locks for as long as is bearable."""
        if self._last_seconds > LONG_SECONDS:
            self.messages_at_once = max(LEAST_MESSAGES, self.messages_at_once // 2)
        elif self._last_seconds < SHORT_SECONDS:
            self.messages_at_once = min(MOST_MESSAGES, self.messages_at_once * 2)

    def check_time(self) -> None:
        """Only where something was done since the beginning that the next request need not do
        again: or else a database that is slow would see the same beginning for ever.

        Raises: TimeIsUp.
        """
        if asyncio.get_running_loop().time() >= self.until:
            raise TimeIsUp

    async def keep_place(self) -> None:
        """Note how far it has come, for the next request."""
        if self.at is None:
            return
        async with self.transaction({}) as connection:
            await self.note_place(connection)

    async def note_place(self, connection: AsyncConnection) -> None:
        if self.at is not None:
            conversation_id, seq = self.at
            await queries.change_erasure(
                connection, self.user_id, at_conversation_id=conversation_id, at_seq=seq
            )
