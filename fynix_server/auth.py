"""Who is asking, and whether they may ask that often: what stands before every route."""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from quart import Response, g, request
from quart_schema import security_scheme
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import (
    NotAuthenticated,
    SessionRevoked,
    Unavailable,
)
from fynix_server.http import client_address, current_resources
from fynix_server.policy.standing import require_active
from fynix_server.rate_limit import Bucket, LimitReached
from fynix_server.redis_client import REDIS_ERRORS
from fynix_server.resources import Resources
from fynix_server.session_cache import SessionState
from fynix_server.tables import Session, User
from fynix_server.tokens import hash_token, new_refresh_token

TICKET_SECONDS = 30

View = Callable[..., Awaitable[Response]]

_ACCESS = "_fynix_access"


@dataclass(frozen=True)
class Principal:
    """Who is asking. `expires_at`: until when the token, and so a socket opened by it, holds."""

    user_id: UUID
    session_id: UUID
    role: str
    username: str
    expires_at: datetime


@dataclass(frozen=True)
class Access:
    """What a route asks of its callers; a contract test reads it. None: limited by the service."""

    is_authenticated: bool
    bucket: Bucket | None


def authenticated(bucket: Bucket | None = "api") -> Callable[[View], View]:
    """Only for people who are logged in; the view gets them as `principal`.

    Counts against `bucket` by person; None leaves that to the service. Outermost of a route's
    decorators, so that a stranger learns nothing from how the request is checked.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        async def checked(*args: Any, **kwargs: Any) -> Response:
            principal = await authenticate(current_resources(), _bearer_token())
            if bucket is not None:
                await limit(bucket, str(principal.user_id))
            try:
                return await view(*args, principal=principal, **kwargs)
            except LimitReached as refused:
                # The service counted; the refusal shows its headers like any other.
                g.rate_limit = refused.state
                raise

        setattr(checked, _ACCESS, Access(is_authenticated=True, bucket=bucket))
        return checked

    return decorate


def limited_by_address(bucket: Bucket) -> Callable[[View], View]:
    """For everybody, counted against `bucket` by the address that the request came from."""

    def decorate(view: View) -> View:
        @wraps(view)
        async def checked(*args: Any, **kwargs: Any) -> Response:
            await limit(bucket, f"address:{_network(client_address())}")
            return await view(*args, **kwargs)

        setattr(checked, _ACCESS, Access(is_authenticated=False, bucket=bucket))
        # For the API's description, where a token is the rule.
        open_view: View = security_scheme([])(checked)
        return open_view

    return decorate


def access_of(view: object) -> Access | None:
    """What the decorators above declared for `view`; None: it has neither."""
    access: Access | None = getattr(view, _ACCESS, None)
    return access


async def limit(bucket: Bucket, key: str) -> None:
    """Count one against `key`; the answer's headers show the tightest of the limits counted.

    Raises: LimitReached.
    """
    try:
        state = await current_resources().limiter.consume(bucket, key)
    except LimitReached as refused:
        g.rate_limit = refused.state
        raise
    # Where there is no limit (an exemption), there is nothing to be the tightest.
    if state.limit and ("rate_limit" not in g or state.remaining < g.rate_limit.remaining):
        g.rate_limit = state


async def authenticate(resources: Resources, token: str) -> Principal:
    """Whose `token` it is, once it is known to hold and its session to live.

    Raises: NotAuthenticated, SessionRevoked, NotPermitted (suspended), Unavailable.
    """
    claims = resources.tokens.verify(token)
    principal = await _principal(resources, claims.session_id, claims.expires_at)
    if principal.user_id != claims.user_id:
        raise NotAuthenticated("The access token is not valid.")
    return principal


async def require_standing(resources: Resources, principal: Principal) -> None:
    """Ask again whether somebody may still be here, for what takes longer than a request.

    Raises: SessionRevoked, NotPermitted (suspended), Unavailable.
    """
    await _principal(resources, principal.session_id, principal.expires_at)


async def issue_ticket(resources: Resources, principal: Principal) -> str:
    """A key that opens one WebSocket within 30 s, for clients that cannot send a header.

    Raises: Unavailable (Redis is away).
    """
    ticket = new_refresh_token()
    now = resources.clock()
    value = json.dumps(
        [str(principal.session_id), principal.expires_at.timestamp(), now.timestamp()]
    )
    try:
        await resources.redis.set(_ticket_key(ticket), value, ex=TICKET_SECONDS)
    except REDIS_ERRORS as error:
        raise Unavailable("No tickets can be made now; connect with a token.") from error
    return ticket


async def redeem_ticket(resources: Resources, ticket: str) -> Principal:
    """Whose `ticket` it was. It is gone afterwards, whatever the outcome.

    Raises: NotAuthenticated, SessionRevoked, NotPermitted (suspended), Unavailable.
    """
    try:
        value = await resources.redis.getdel(_ticket_key(ticket))
    except REDIS_ERRORS as error:
        raise Unavailable("No tickets can be checked now; connect with a token.") from error
    if value is None:
        raise _invalid_ticket()
    session_id, expires, issued = json.loads(value)
    # Redis counts the 30 s by its own clock; ours may be another.
    if resources.clock().timestamp() - issued >= TICKET_SECONDS:
        raise _invalid_ticket()
    return await _principal(resources, UUID(session_id), datetime.fromtimestamp(expires, UTC))


def announce_revoked(resources: Resources, user_id: UUID, session_ids: Iterable[UUID]) -> None:
    """Make every instance notice that sessions ended: they close the sockets. After the commit."""
    for session_id in session_ids:
        resources.sessions.forget(session_id)
        resources.event_bus.publish_control(
            {
                "type": "session_revoked",
                "session_id": str(session_id),
                "user_id": str(user_id),
            }
        )


async def _principal(resources: Resources, session_id: UUID, expires_at: datetime) -> Principal:
    state = await _session_state(resources, session_id)
    now = resources.clock()
    if state is None or state.is_revoked or state.expires_at <= now:
        raise SessionRevoked("This login has ended; log in again.")
    require_active(state.status, state.status_until, now)
    expires_at = min(expires_at, state.expires_at)
    return Principal(state.user_id, session_id, state.role, state.username, expires_at)


async def _session_state(resources: Resources, session_id: UUID) -> SessionState | None:
    state = resources.sessions.get(session_id)
    if state is None:
        generation = resources.sessions.generation
        async with resources.database.read() as connection:
            state = await _read_session(connection, session_id)
        if state is not None:
            resources.sessions.put(session_id, state, generation)
    return state


async def _read_session(connection: AsyncConnection, session_id: UUID) -> SessionState | None:
    """The session with its person, by the primary keys of both."""
    query = (
        select(
            Session.user_id,
            User.username,
            User.role,
            User.status,
            User.status_until,
            Session.expires_at,
            Session.revoked_at.is_not(None),
        )
        .join(User, User.id == Session.user_id)
        .where(Session.id == session_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else SessionState(*row)


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("Log in, and send the header Authorization: Bearer TOKEN.")
    return token.strip()


def _network(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))


def _ticket_key(ticket: str) -> str:
    return f"ws_ticket:{hash_token(ticket)}"


def _invalid_ticket() -> NotAuthenticated:
    return NotAuthenticated("The ticket is unknown, used or too old; ask for another.")
