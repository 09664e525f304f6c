"""What each kind of cleaning up has in common: finding keys, then removing them, from an order."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

Subject = Literal["messages", "sessions", "receipts", "events", "audit"]
Key = tuple[Any, ...]
"""Where a row stands in the order of a sweep: UUIDs and numbers."""
Removed = Counter[str]
"""Rows by table."""


@dataclass(frozen=True)
class Cutoffs:
    """What happened before `before` goes. None: nothing by its age alone.

    `now`: when the run began; policies are reckoned from it. `deleted_before`: of messages.
    """

    now: datetime
    before: datetime | None = None
    deleted_before: datetime | None = None


class Found(NamedTuple):
    """Keys of what may go, and up to where was looked. None: to the end."""

    keys: list[Key]
    up_to: Key | None


class Sweep(Protocol):
    """One kind of cleaning up. Both functions apply the same conditions: what is found may have
    changed before it is removed."""

    subject: Subject

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Look at the next `limit` rows past `after`, in their order. Locks nothing."""

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """Remove those of them that still may go."""
