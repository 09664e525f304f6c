"""Every way a request can be refused. None of these classes knows HTTP or sockets.

FynixError
├── NotAuthenticated      who are you?            (REST 401, socket closed with 4001)
├── NotPermitted          not yours               (REST 403)
├── NotFound              does not exist          (REST 404)
├── Conflict              exists already, differs (REST 409)
├── InvalidInput          malformed               (REST 400)
├── RateLimited           too often               (REST 429)
└── Unavailable           try again later         (REST 503)

`http.HTTP_STATUS` and `sockets.close_codes.CLOSE_CODE` give each its number on the wire;
a contract test keeps both complete.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One field of a request that cannot be taken: where it is and what is wrong with it."""

    field: str
    detail: str


class FynixError(Exception):
    """A refusal with a text for people and a stable `code` for programs."""

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class NotAuthenticated(FynixError):
    """No token, or one that does not hold: wrong, expired, or of a session that ended."""

    code = "not_authenticated"


class SessionRevoked(NotAuthenticated):
    """The token was good, but its session was ended by a logout or a revocation."""

    code = "session_revoked"


class NotPermitted(FynixError):
    """It exists, but it is not this person's to see or to do."""

    code = "not_permitted"


class NotFound(FynixError):
    """There is no such thing."""

    code = "not_found"


class Conflict(FynixError):
    """It clashes with what is stored."""

    code = "conflict"


class InvalidInput(FynixError):
    """The request is malformed; `errors` names the fields where that is known."""

    code = "invalid_input"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(detail, code=code)
        self.errors = errors


class RateLimited(FynixError):
    """Too many of one kind in one window. `retry_after_seconds` is whole and at least 1."""

    code = "rate_limited"

    def __init__(self, detail: str, *, retry_after_seconds: int, bucket: str) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
        self.bucket = bucket


class Unavailable(FynixError):
    """A part the server needs is away or full; nothing was changed, trying again is right."""

    code = "unavailable"

    def __init__(self, detail: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
