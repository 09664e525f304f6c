"""Passwords: Argon2id, off the event loop, never more than two at once."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from fynix_server.errors import Unavailable
from fynix_server.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

# Each hash takes `password_hash_memory_kib` (64 MiB): this bounds the memory and the cores
# that a flood of logins can take.
_HASHES_AT_ONCE = 2
# Some five seconds' worth at the default cost; who would wait longer is told to come back.
_WAITING_AT_MOST = 100


class PasswordHasher:
    """Hashes and checks passwords (RFC 9106); the cost is in the settings."""

    def __init__(self, settings: Settings) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=settings.password_hash_passes,
            memory_cost=settings.password_hash_memory_kib,
        )
        self._slots = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._waiting = 0
        self._nobodys_hash = _unmatched_hash(self._argon2)

    async def hash(self, password: str) -> str:
        """The hash to store, salt and parameters included.

        Raises: Unavailable (too many wait already).
        """
        return await self._in_turn(self._argon2.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` is the one. None (nobody has that name): no, after the same work.

        Raises: Unavailable (too many wait already).
        """
        return await self._in_turn(self._verify, password_hash, password)

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than the settings ask for now."""
        return self._argon2.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash or self._nobodys_hash, password)
        except VerificationError:
            return False
        except InvalidHashError:
            # An account that nobody can log in to. It takes as long as any other.
            return self._verify(None, password)

    async def _in_turn(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting >= _WAITING_AT_MOST:
            raise Unavailable("Too many logins at once; try again.", retry_after_seconds=5)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work, *args, **kwargs)
        finally:
            self._waiting -= 1


def _unmatched_hash(hasher: argon2.PasswordHasher) -> str:
    """A hash of no password at all, that costs as much to check as a real one."""
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19${cost}${salt}${digest}"
