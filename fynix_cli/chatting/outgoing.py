"""What a person sent and the server has not acknowledged yet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fynix_cli.client.failures import ApiError
from fynix_cli.errors import CommandError, Unreachable

TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500


@dataclass(frozen=True)
class Failure:
    """Why a message was not sent.

    `retry_at`: from when on the server takes it (None: it did not say). `is_passing`: the server
    could not be reached, so trying on is right. `may_be_stored`: nobody knows whether it was.
    """

    why: str
    retry_at: datetime | None = None
    is_passing: bool = False
    may_be_stored: bool = False

    @classmethod
    def of(cls, error: CommandError, now: datetime) -> "Failure":
        if isinstance(error, ApiError) and error.status == TOO_MANY_REQUESTS:
            return cls("rate limit reached", now + timedelta(seconds=error.retry_after or 1.0))
        is_passing = isinstance(error, Unreachable)
        has_failed = isinstance(error, ApiError) and error.status >= SERVER_ERROR
        return cls(error.message, is_passing=is_passing, may_be_stored=is_passing or has_failed)

    def told(self, now: datetime) -> str:
        """In a line, at `now` (aware)."""
        if self.is_passing:
            return "not sent yet: goes out when the server is back"
        if self.retry_at is None:
            return f"not sent: {self.why} (Ctrl+R: try again)"
        seconds = (self.retry_at - now).total_seconds()
        when = f"may be sent again in {seconds:.0f} s" if seconds >= 1 else "may be sent again now"
        return f"not sent: {self.why}, {when} (Ctrl+R)"


@dataclass(frozen=True)
class Outgoing:
    """A message on its way. `key` is its `client_message_id`, the same however often it is tried.

    `failure` None: it is waiting to be sent, or being sent.
    """

    key: str
    text: str
    written_at: datetime
    failure: Failure | None = None


class Outbox:
    """The messages of one conversation on their way, in the order they were written in."""

    def __init__(self) -> None:
        self._items: list[Outgoing] = []

    def __iter__(self) -> Iterator[Outgoing]:
        return iter(self._items)

    def add(self, outgoing: Outgoing) -> None:
        self._items.append(outgoing)

    def next_pending(self) -> Outgoing | None:
        return next((item for item in self._items if item.failure is None), None)

    def acknowledge(self, key: str | None) -> None:
        """The message of this key is stored. Of another's or an unknown key: nothing happens."""
        self._items = [item for item in self._items if item.key != key]

    def fail(self, failure: Failure) -> None:
        """Nothing that waits can be sent. All of it: what came later must not overtake."""
        self._items = [
            item if item.failure else replace(item, failure=failure) for item in self._items
        ]

    @property
    def awaits_server(self) -> bool:
        """Whether something is to be tried again by itself."""
        return any(item.failure and item.failure.is_passing for item in self._items)

    def retry(self, *, only_passing: bool = False) -> bool:
        """Let what failed wait again; whether there was something."""
        chosen = {
            item.key
            for item in self._items
            if item.failure and (item.failure.is_passing or not only_passing)
        }
        self._items = [
            replace(item, failure=None) if item.key in chosen else item for item in self._items
        ]
        return bool(chosen)

    def take_back(self) -> str | None:
        """Remove the last one that the server refused; its text. None: there is none.

        Not one that may be stored: written anew it would come twice.
        """
        for item in reversed(self._items):
            if item.failure and not item.failure.may_be_stored:
                self._items.remove(item)
                return item.text
        return None
