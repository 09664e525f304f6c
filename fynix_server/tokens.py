"""Access tokens (signed, short-lived) and opaque tokens (random, kept only as a hash)."""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from fynix_server.clock import Clock
from fynix_server.errors import NotAuthenticated

_ALGORITHM = "HS256"
_CACHED_TOKENS = 10_000
# A token of ours has some 250 characters; far longer ones are not worth a look.
_MAX_TOKEN_LENGTH = 2048


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says. Whether the session still holds, only the database knows."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class TokenSigner:
    """Makes and checks access tokens: JWT (RFC 7519), HS256 and nothing else.

    The claims are `sub`, `sid`, `exp` and `iat`. Role and name are left out on purpose: a token
    outlives a change of either. Time comes from `clock`, not from the system.
    """

    def __init__(self, secret: str, expire_minutes: int, clock: Clock) -> None:
        self._secret = secret
        self._lifetime = timedelta(minutes=expire_minutes)
        self._clock = clock
        self._verified: OrderedDict[bytes, AccessClaims] = OrderedDict()

    @property
    def lifetime_seconds(self) -> int:
        return int(self._lifetime.total_seconds())

    def access_token(self, user_id: UUID, session_id: UUID) -> str:
        """A token of `user_id` for as long as the session holds, at most `lifetime_seconds`."""
        now = self._clock()
        claims = {
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def verify(self, token: str) -> AccessClaims:
        """What `token` says, if it was signed here and has not expired.

        Raises: NotAuthenticated (code `token_expired` where asking for a new one helps).
        """
        if len(token) > _MAX_TOKEN_LENGTH or not token.isascii():
            raise _invalid()
        # By digest, so that a dump of the memory shows no list of tokens.
        key = hashlib.sha256(token.encode("ascii")).digest()
        claims = self._verified.get(key) or self._decode(token)
        if claims.expires_at <= self._clock():
            self._verified.pop(key, None)
            raise NotAuthenticated("The access token has expired.", code="token_expired")
        self._remember(key, claims)
        return claims

    def _decode(self, token: str) -> AccessClaims:
        try:
            payload = jwt.decode(
                token,
                self._secret,
                # Pinned: the header of a token must never choose how it is checked (RFC 8725, 3.1).
                algorithms=[_ALGORITHM],
                options={
                    "require": ["sub", "sid", "exp", "iat"],
                    # PyJWT would ask the system's clock; `verify` asks ours.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            return _claims(payload)
        except (jwt.InvalidTokenError, ValueError, OverflowError, OSError) as error:
            raise _invalid() from error

    def _remember(self, key: bytes, claims: AccessClaims) -> None:
        self._verified[key] = claims
        self._verified.move_to_end(key)
        if len(self._verified) > _CACHED_TOKENS:
            self._verified.popitem(last=False)


def new_refresh_token() -> str:
    """256 random bits, safe in a URL. Also what a WebSocket ticket is made of."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored in place of an opaque token: 64 hexadecimal digits.

    A plain SHA-256 does, since nobody can try out 256 random bits.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _claims(payload: dict[str, Any]) -> AccessClaims:
    expires = payload["exp"]
    if not isinstance(expires, int) or isinstance(expires, bool):
        raise ValueError("exp must be a whole number")
    return AccessClaims(
        user_id=UUID(str(payload["sub"])),
        session_id=UUID(str(payload["sid"])),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def _invalid() -> NotAuthenticated:
    return NotAuthenticated("The access token is not valid.")
