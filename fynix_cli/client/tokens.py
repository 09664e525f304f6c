"""Where a client keeps the tokens of its login, so that it can renew them."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class TokenPair:
    """An access token and the refresh token that renews both, once."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class TokenStore(Protocol):
    """The tokens of one login. Several processes may share one."""

    def load(self) -> TokenPair | None:
        """The tokens as they stand now; None: logged out."""

    def save(self, pair: TokenPair) -> None:
        """Keep tokens that the server has just renewed."""

    def renewing(self) -> AbstractAsyncContextManager[None]:
        """Held while tokens are renewed, by one client at a time.

        A refresh token that is used twice ends the login, so whoever waited here must `load`
        again before using theirs.
        """


class MemoryTokens:
    """Tokens for as long as the process lives."""

    def __init__(self, pair: TokenPair | None = None) -> None:
        self._pair = pair
        self._lock = asyncio.Lock()

    def load(self) -> TokenPair | None:
        return self._pair

    def save(self, pair: TokenPair) -> None:
        self._pair = pair

    def renewing(self) -> AbstractAsyncContextManager[None]:
        return self._lock
