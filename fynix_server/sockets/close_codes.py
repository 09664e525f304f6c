"""Which refusal closes a socket, and which is only an error frame."""

from fynix_server import errors
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.frames import ErrorFrame

CLOSE_CODE: dict[type[errors.FynixError], CloseCode | None] = {
    errors.FynixError: None,
    errors.InvalidInput: None,
    errors.NotAuthenticated: CloseCode.AUTHENTICATION_FAILED,
    errors.SessionRevoked: CloseCode.SESSION_REVOKED,
    errors.NotPermitted: None,
    errors.NotFound: None,
    errors.Conflict: None,
    errors.RateLimited: None,
    errors.Unavailable: None,
}
"""None: an error frame, and the socket stays open."""

# The `code` of an error frame and its HTTP twin, where a refusal does not close the socket.
_FRAME_CODE: dict[type[errors.FynixError], tuple[int, int]] = {
    errors.FynixError: (CloseCode.INVALID_FORMAT, 500),
    errors.InvalidInput: (CloseCode.INVALID_FORMAT, 400),
    errors.NotPermitted: (CloseCode.CONVERSATION_NOT_FOUND, 403),
    errors.NotFound: (CloseCode.CONVERSATION_NOT_FOUND, 404),
    errors.Conflict: (CloseCode.INVALID_FORMAT, 409),
    errors.RateLimited: (CloseCode.TOO_MANY_FRAMES, 429),
    errors.Unavailable: (CloseCode.TOO_MANY_FRAMES, 503),
}


def close_code_of(error: errors.FynixError) -> CloseCode | None:
    """The code that this refusal closes a socket with; None where it stays open."""
    return next(CLOSE_CODE[kind] for kind in type(error).__mro__ if kind in CLOSE_CODE)


def error_frame(error: errors.FynixError, ref: str | None) -> str:
    """The frame that tells a client of a refusal. `ref`: of the command that was refused."""
    code, status = next(_FRAME_CODE[kind] for kind in type(error).__mro__ if kind in _FRAME_CODE)
    wait = None
    if isinstance(error, (errors.RateLimited, errors.Unavailable)):
        wait = error.retry_after_seconds
    frame = ErrorFrame(
        code=code,
        error=error.code,
        status_code=status,
        detail=error.detail,
        ref=ref,
        retry_after=wait,
    )
    # `ref` is there even when null; `retry_after` only where it says something.
    return frame.model_dump_json(exclude={"retry_after"} if wait is None else None)
