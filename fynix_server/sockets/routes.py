"""The WebSocket endpoint: the handshake, then two tasks for as long as it is open."""

import asyncio
import time
from importlib.metadata import version
from typing import cast
from urllib.parse import urlsplit

import structlog
from quart import Blueprint, Quart, current_app, websocket

from fynix_server.auth import Principal, authenticate, redeem_ticket, require_standing
from fynix_server.connections import Connection, Outbox
from fynix_server.errors import (
    FynixError,
    NotAuthenticated,
    NotPermitted,
    RateLimited,
    SessionRevoked,
    Unavailable,
)
from fynix_server.http import current_resources
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.fields import MAX_FRAME_BYTES
from fynix_server.protocol.frames import SUBPROTOCOL, Hello
from fynix_server.resources import Resources
from fynix_server.sockets.commands import Conversant, obey
from fynix_server.sockets.guard import Pulse
from fynix_server.sockets.inbox import bound_inboxes
from fynix_server.sockets.live import Live
from fynix_server.sockets.wire import raw_socket, wire_of

BEARER_PREFIX = "bearer."
TICKET_PREFIX = "ticket."
CLOSE_TIMEOUT_SECONDS = 2.0
ANSWER_TIMEOUT_SECONDS = 5.0

blueprint = Blueprint("sockets", __name__)
blueprint.record_once(lambda setup: bound_inboxes(cast(Quart, setup.app)))
log = structlog.get_logger(__name__)


@blueprint.websocket("/api/ws")
async def serve_socket() -> None:
    """Live events of one person. See docs/protocol.md for the frames and close codes.

    Raises: NotPermitted (a foreign origin; answered in the handshake).
    """
    resources = current_resources()
    live = cast(Live, current_app.extensions["live"])
    if not _is_origin_allowed(resources):
        raise NotPermitted("This origin may not connect.")
    offered = websocket.requested_subprotocols
    is_v1 = SUBPROTOCOL in offered
    await websocket.accept(subprotocol=SUBPROTOCOL if is_v1 else None)
    try:
        principal = await _authenticate(resources, offered)
        await resources.limiter.consume("ws_connect", str(principal.user_id))
        if live.is_leaving:
            raise Unavailable("This instance is leaving.")
        await live.delivery.begin_watching(principal.user_id)
    except FynixError as error:
        # Accepted first, then closed: browsers see no code of a refused handshake.
        await websocket.close(_handshake_code(error), error.detail[:120])
        return
    _forget_handshake()
    try:
        await _converse(resources, live, principal, is_v1=is_v1)
    except Exception as error:  # the outermost of this socket: nobody else would be told
        log.error("socket_failed", exc_info=error)
        await websocket.close(CloseCode.INTERNAL_ERROR, "internal_error")


def _forget_handshake() -> None:
    """Give back its headers, twice 2 KiB: a socket may be open for days."""
    websocket.headers.clear()
    raw_headers = websocket.scope["headers"]
    if isinstance(raw_headers, list):  # any iterable, says ASGI
        raw_headers.clear()


def _handshake_code(error: FynixError) -> CloseCode:
    codes: dict[type[FynixError], CloseCode] = {
        SessionRevoked: CloseCode.SESSION_REVOKED,
        NotAuthenticated: CloseCode.AUTHENTICATION_FAILED,
        NotPermitted: CloseCode.SUSPENDED,
        RateLimited: CloseCode.TOO_MANY_FRAMES,
    }
    known = (codes[kind] for kind in type(error).__mro__ if kind in codes)
    return next(known, CloseCode.SERVICE_RESTART)


def _is_origin_allowed(resources: Resources) -> bool:
    """Browsers say which page connects; CORS does not cover WebSockets, so this is its stand-in."""
    origin = websocket.headers.get("Origin")
    if origin is None:
        return True
    return origin.rstrip("/") in resources.settings.allowed_origins or urlsplit(
        origin
    ).netloc == websocket.headers.get("Host")


async def _authenticate(resources: Resources, offered: list[str]) -> Principal:
    """Who connects: by header, subprotocol or query, a token or a ticket.

    Raises: NotAuthenticated, NotPermitted (suspended), Unavailable.
    """
    scheme, _, token = websocket.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return await authenticate(resources, token.strip())
    for protocol in offered:
        if protocol.startswith(BEARER_PREFIX):
            return await authenticate(resources, protocol.removeprefix(BEARER_PREFIX))
        if protocol.startswith(TICKET_PREFIX):
            return await redeem_ticket(resources, protocol.removeprefix(TICKET_PREFIX))
    if "ticket" in websocket.args:
        return await redeem_ticket(resources, websocket.args["ticket"])
    may_be_in_query = resources.settings.ws_query_token != "off"  # noqa: S105 - a switch
    if "token" in websocket.args and may_be_in_query:
        return await authenticate(resources, websocket.args["token"])
    raise NotAuthenticated("A token is required.")


async def _converse(resources: Resources, live: Live, principal: Principal, *, is_v1: bool) -> None:
    """Serve one authenticated socket until either side ends it."""
    settings = resources.settings
    outbox = Outbox(settings.ws_outbox_frames, settings.ws_outbox_bytes)
    connection = Connection(principal.user_id, principal.session_id, outbox, is_v1=is_v1)
    if is_v1:
        connection.send(_hello(connection, settings.ws_heartbeat_seconds))
    resources.connections.add(connection)
    log.debug(
        "socket_opened",
        user_id=str(principal.user_id),
        connection_id=str(connection.id),
    )
    client = Conversant(resources, live, connection, principal)
    is_raw = raw_socket(websocket.scope) is not None
    pulse = live.guard.watch(connection, principal, is_v1=is_v1, is_raw=is_raw)
    try:
        await _close_if_too_late(resources, connection, principal)
        code = await _run_until_closing(client, pulse)
        async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
            await websocket.close(code, code.name.lower())
    except TimeoutError:
        log.debug("socket_close_timed_out", connection_id=str(connection.id))
    finally:
        live.guard.forget(pulse)
        resources.connections.remove(connection)
        live.delivery.end_watching(principal.user_id)
        if not resources.connections.has(principal.user_id):
            live.typing.stop_all(principal.user_id)
        log.debug("socket_closed", connection_id=str(connection.id))


async def _close_if_too_late(
    resources: Resources, connection: Connection, principal: Principal
) -> None:
    """Whoever was suspended or logged out between the handshake and now was not found among the
    connections then. From now on they are."""
    try:
        await require_standing(resources, principal)
    except FynixError as error:
        connection.close(_handshake_code(error))


async def _run_until_closing(client: Conversant, pulse: Pulse) -> CloseCode:
    """Read and write until something asks for the end; then write what still waits.

    Sends that are under way get their answer, unless the reader is too slow for answers.
    """
    connection = client.connection
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_write(connection, pulse))
        reading = tasks.create_task(_read(client, pulse))
        code = await connection.closing
        reading.cancel()
        if code is not CloseCode.SLOW_CONSUMER:
            if client.answers:
                await asyncio.wait(client.answers, timeout=ANSWER_TIMEOUT_SECONDS)
            connection.finish()
            await asyncio.wait([writing], timeout=CLOSE_TIMEOUT_SECONDS)
        writing.cancel()
    return code


def _hello(connection: Connection, heartbeat_seconds: int) -> str:
    return Hello(
        user_id=connection.user_id,
        session_id=connection.session_id,
        connection_id=connection.id,
        heartbeat_seconds=heartbeat_seconds,
        server_version=version("fynix"),
    ).model_dump_json()


async def _read(client: Conversant, pulse: Pulse) -> None:
    """Obey frames one after the other. The socket's own death cancels this task."""
    allowance = float(client.resources.settings.ws_frames_per_second)
    per_second, burst = allowance, allowance * 2
    allowance = burst
    this_task = asyncio.current_task()
    # Asked each time: `asyncio.wait_for` of Python 3.11, which the Redis client waits with, may
    # swallow a cancellation, and the socket would then never end.
    while this_task is not None and not this_task.cancelling():
        received: str | bytes | None = await websocket.receive()
        now = time.monotonic()
        allowance = min(burst, allowance + (now - pulse.heard_at) * per_second) - 1
        pulse.heard_at = now
        if allowance < 0 or received is None:
            client.connection.close(CloseCode.TOO_MANY_FRAMES)
            return
        encoded = received.encode() if isinstance(received, str) else received
        if len(encoded) > MAX_FRAME_BYTES:
            client.connection.close(CloseCode.MESSAGE_TOO_BIG)
            return
        await obey(client, encoded)


async def _write(connection: Connection, pulse: Pulse) -> None:
    """Write what gathers. The guard looks after readers that take nothing."""
    send, parts_of = wire_of(websocket)
    while frames := await connection.take_frames():
        for part, count in parts_of(frames):
            pulse.writing_since = time.monotonic()
            await send(part)
            connection.note_written(count)
        pulse.writing_since = None
