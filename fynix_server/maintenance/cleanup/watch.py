"""Taking a batch back that holds its locks for too long, however slow the machine is just then."""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection


class TooSlow(Exception):
    """A batch was taken back. `began`: since when it held its locks."""

    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began


class Watch:
    """Begins as it is made. Looks at the clock before each statement, and when it is asked to."""

    def __init__(self, seconds: float) -> None:
        self.began = time.monotonic()
        self._ends_at = self.began + seconds

    def look_at(self, connection: AsyncConnection) -> None:
        """Until the connection is given back."""
        event.listen(connection.sync_connection, "before_cursor_execute", self.check)

    def check(self, *_statement: Any) -> None:
        """Raises: TooSlow."""
        if time.monotonic() >= self._ends_at:
            raise TooSlow(self.began)
