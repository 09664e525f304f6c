"""One WebSocket to a server: opening it, reading frames, and what the way it ended asks for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)
from websockets.typing import Subprotocol

from fynix_cli.client.failures import LiveStopped
from fynix_cli.client.server_url import is_local, socket_url
from fynix_cli.errors import NotLoggedIn
from fynix_cli.exit_codes import ExitCode
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.frames import (
    SUBPROTOCOL,
    Hello,
    ServerFrame,
    server_frame_adapter,
)

OPEN_SECONDS = 10.0
NO_STATUS_CODE = 1006
SLOW_DOWN_SECONDS = 5.0
UNAUTHORIZED, NOT_FOUND, TOO_MANY_REQUESTS, SERVER_ERROR = 401, 404, 429, 500


class LineLost(Exception):
    """The connection is gone, and opening another is right, after `pause_seconds` at least."""

    def __init__(self, reason: str, pause_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause_seconds = pause_seconds


class TokenRefused(Exception):
    """The access token holds no longer: renew it, then open another connection."""


class NotFynix(LiveStopped):
    """What answers there does not speak our protocol."""


@dataclass(frozen=True)
class UnknownFrame:
    """A frame of a kind that this client is too old for. It still moves the cursor."""

    conversation_id: UUID
    seq: int


class LiveSocket:
    """An open connection that the server has greeted."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> ServerFrame | UnknownFrame | None:
        """The next frame; None: one to pass over. Raises: LineLost, TokenRefused, LiveStopped,
        NotLoggedIn."""
        try:
            text = await self._connection.recv()
        except ConnectionClosed as closed:
            received = closed.rcvd
            raise verdict_of_close(
                received.code if received else NO_STATUS_CODE, received.reason if received else ""
            ) from closed
        return frame_of(_decoded(text))

    async def send(self, frame: str) -> None:
        # A line that closes here is noticed, with its code, by the next `receive`.
        with suppress(ConnectionClosed):
            await self._connection.send(frame)

    @asynccontextmanager
    async def kept_alive(self, every_seconds: float) -> AsyncIterator[None]:
        """Ping meanwhile, so that the server knows that somebody is there."""
        pinging = asyncio.create_task(self._ping(every_seconds))
        try:
            yield
        finally:
            pinging.cancel()
            await asyncio.wait([pinging])

    async def _ping(self, every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await self.send('{"type":"ping"}')


@asynccontextmanager
async def open_socket(server: str, access_token: str) -> AsyncIterator[tuple[LiveSocket, Hello]]:
    """Connect as the bearer of `access_token` and read the greeting.

    Raises: LineLost, TokenRefused, LiveStopped, NotLoggedIn; these also within.
    """
    connection = await _handshake(server, access_token)
    try:
        socket = LiveSocket(connection)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                hello = await socket.receive()
        except TimeoutError:
            raise LineLost("the server did not greet in time") from None
        if not isinstance(hello, Hello):
            raise NotFynix(f"{server} does not speak {SUBPROTOCOL}")
        yield socket, hello
    finally:
        await connection.close()


def frame_of(raw: Any) -> ServerFrame | UnknownFrame | None:
    """A decoded frame as its model. None: of a kind that this client does not know, unnumbered."""
    try:
        return server_frame_adapter.validate_python(raw)
    except ValidationError:
        pass
    try:
        return UnknownFrame(UUID(raw["conversation_id"]), int(raw["seq"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _decoded(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def verdict_of_close(code: int, reason: str) -> Exception:
    """What a close code asks of the client (docs/protocol.md), as the exception that says so."""
    said = f" ({reason})" if reason else ""
    if code == CloseCode.AUTHENTICATION_FAILED:
        return TokenRefused(reason)
    if code == CloseCode.SESSION_REVOKED:
        return NotLoggedIn("this login was ended", hint="log in again with: fynix login NAME")
    if code == CloseCode.SUSPENDED:
        return LiveStopped("this account is suspended", exit_code=ExitCode.NOT_ALLOWED)
    if code == CloseCode.TOO_MANY_CONNECTIONS:
        return LiveStopped(
            "too many live connections of this account; a newer one took this one's place"
        )
    if code in {CloseCode.INVALID_FORMAT, CloseCode.MESSAGE_TOO_BIG}:
        return LiveStopped(f"the server did not understand this client: close code {code}{said}")
    pause = SLOW_DOWN_SECONDS if code == CloseCode.TOO_MANY_FRAMES else 0.0
    return LineLost(_reason_of_close(code, said), pause)


def _reason_of_close(code: int, said: str) -> str:
    if code in {CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART}:
        return "the server is leaving"
    if code == NO_STATUS_CODE:
        return "the line dropped"
    return f"the server closed with code {code}{said}"


async def _handshake(server: str, access_token: str) -> ClientConnection:
    try:
        return await connect(
            socket_url(server),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {access_token}"},
            open_timeout=OPEN_SECONDS,
            close_timeout=1.0,
            proxy=None if is_local(server) else True,
        )
    except InvalidStatus as refusal:
        raise _verdict_of_status(server, refusal) from refusal
    except InvalidMessage as error:
        # The line was cut within the handshake: a server that is just leaving.
        raise LineLost("the line dropped") from error
    except InvalidHandshake as error:
        raise NotFynix(f"{server} does not speak {SUBPROTOCOL}: {error}") from error
    except TimeoutError as error:
        raise LineLost("no answer in time") from error
    except OSError as error:
        raise LineLost("nothing answers there") from error


def _verdict_of_status(server: str, refusal: InvalidStatus) -> Exception:
    status = refusal.response.status_code
    if status == UNAUTHORIZED:
        return TokenRefused("")
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
        wait = refusal.response.headers.get("Retry-After", "")
        return LineLost(f"the server answered {status}", float(wait) if wait.isdecimal() else 0.0)
    if status == NOT_FOUND:
        return NotFynix(f"{server} has no live connections; is it a Fynix server?")
    return LiveStopped(
        f"{server} refused the live connection with {status}", exit_code=ExitCode.NOT_ALLOWED
    )
