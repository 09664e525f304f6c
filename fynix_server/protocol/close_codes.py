"""Why a WebSocket was closed, and what a client should do about it (docs/protocol.md)."""

from enum import IntEnum


class CloseCode(IntEnum):
    """The codes that this server sends. 4xxx are ours (RFC 6455, section 7.4.2)."""

    GOING_AWAY = 1001
    """Reconnect, resume."""
    MESSAGE_TOO_BIG = 1009
    """A frame of more than 64 KiB: fix, do not loop."""
    INTERNAL_ERROR = 1011
    """The server failed, and its log says why: reconnect, resume."""
    SERVICE_RESTART = 1012
    """Reconnect, resume."""
    AUTHENTICATION_FAILED = 4001
    """Get a token."""
    INVALID_FORMAT = 4003
    """Not a JSON object, or five bad frames in a row: fix, do not loop."""
    CONVERSATION_NOT_FOUND = 4004
    """Never a close: one wrong id must not cut off fifty conversations."""
    TOO_MANY_FRAMES = 4008
    """Back off."""
    SLOW_CONSUMER = 4010
    """Reconnect, resume."""
    NO_PONG = 4011
    """Reconnect, resume."""
    TOO_MANY_CONNECTIONS = 4012
    """Stop: a newer connection took this one's place."""
    SUSPENDED = 4013
    """Stop."""
    SESSION_REVOKED = 4014
    """Log in."""
