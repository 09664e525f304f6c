"""How many in how long, and people for whom it is another number than for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Quota(NamedTuple):
    """So many in any window of so many seconds."""

    max_count: int
    window_seconds: int


@dataclass(frozen=True, slots=True)
class Override:
    """In place of the bucket's own quota. `quota` None: no limit. `until` None: until cleared."""

    quota: Quota | None
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Past its end it holds no more, without anybody's act."""
        return self.until is None or now < self.until


Overrides = Mapping[tuple[str, str], Override]
"""By bucket and key."""


def login_key(username: str) -> str:
    """What logins are counted by, beside the address that they come from."""
    return f"name:{username}"


def person_key(bucket: str, user_id: UUID, username: str) -> str:
    """What a person is counted by in `bucket`. Logins come before it is known who somebody is."""
    return login_key(username) if bucket == "login" else str(user_id)
