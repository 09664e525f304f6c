"""Sessions: beginning one by a login, going on with it by a refresh, ending it."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.accounts import queries, session_queries
from fynix_server.accounts.queries import Account
from fynix_server.auth import Principal, announce_revoked
from fynix_server.errors import NotAuthenticated, NotFound
from fynix_server.policy import require_active
from fynix_server.protocol.accounts import (
    LoginRequest,
    SessionListResponse,
    SessionResponse,
    TokenResponse,
)
from fynix_server.resources import Resources
from fynix_server.tokens import hash_token, new_refresh_token

_USERNAME = re.compile(r"[a-zA-Z0-9_.-]{3,32}")
_LISTED_SESSIONS = 100
_USER_AGENT_LENGTH = 200


def folded_username(text: str) -> str | None:
    """The name as it is stored; None if nobody can be called that."""
    return text.lower() if _USERNAME.fullmatch(text) else None


async def log_in(
    resources: Resources, wanted: LoginRequest, user_agent: str | None
) -> TokenResponse:
    """Begin a session for whoever has this name and password.

    An unknown name takes the same time and gives the same answer as a wrong password.

    Raises: NotAuthenticated (code `wrong_credentials`), NotPermitted (code `suspended`),
    Unavailable.
    """
    account = await _account_named(resources, wanted.username)
    password_hash = account.password_hash if account else None
    is_right = await resources.passwords.verify(password_hash, wanted.password)
    if account is None or not is_right:
        raise _wrong_credentials()
    _check_active(account, resources.clock())
    renewed_hash = None
    if resources.passwords.needs_rehash(account.password_hash):
        renewed_hash = await resources.passwords.hash(wanted.password)
    async with resources.database.write() as connection:
        # Hashing takes long: an erasure that has removed all sessions would leave this one.
        if not await queries.lock_unerased(connection, account.id):
            raise _wrong_credentials()
        if renewed_hash is not None:
            await queries.replace_password_hash(connection, account, renewed_hash)
        return await open_session(resources, connection, account, user_agent)


async def open_session(
    resources: Resources,
    connection: AsyncConnection,
    account: Account,
    user_agent: str | None,
) -> TokenResponse:
    """Begin a session inside the caller's transaction; its tokens hold once that commits."""
    now = resources.clock()
    session_id = await session_queries.insert_session(
        connection,
        account.id,
        user_agent.replace("\x00", "")[:_USER_AGENT_LENGTH] if user_agent else None,
        now,
        now + _session_lifetime(resources),
    )
    return await _new_tokens(resources, connection, account, session_id)


async def refresh(resources: Resources, refresh_token: str) -> TokenResponse:
    """New tokens for an old refresh token, which ends with that.

    Seen a second time, the token was copied. Who of the two is the thief cannot be told, so the
    session ends for both (RFC 9700, section 4.14.2).

    Raises: NotAuthenticated (code `invalid_refresh_token`), NotPermitted (code `suspended`).
    """
    token_hash = hash_token(refresh_token)
    async with resources.database.write() as connection:
        session_id = await session_queries.session_of_token(connection, token_hash)
        if session_id is None:
            raise _invalid_refresh_token()
        if await session_queries.use_token(connection, token_hash, resources.clock()):
            return await _go_on(resources, connection, session_id)
        # Not raised in here, since that would roll the revocation back.
        victim_id = await session_queries.revoke_session(connection, session_id, resources.clock())
    if victim_id is not None:
        announce_revoked(resources, victim_id, [session_id])
    raise _invalid_refresh_token()


async def list_sessions(resources: Resources, principal: Principal) -> SessionListResponse:
    """The latest used hundred of the person's sessions that still hold."""
    async with resources.database.read() as connection:
        logins = await session_queries.live_sessions(
            connection, principal.user_id, resources.clock(), _LISTED_SESSIONS
        )
    return SessionListResponse(
        sessions=[
            SessionResponse(
                id=login.id,
                created_at=login.created_at,
                last_used_at=login.last_used_at,
                expires_at=login.expires_at,
                user_agent=login.user_agent,
                is_current=login.id == principal.session_id,
            )
            for login in logins
        ]
    )


async def revoke_session(resources: Resources, principal: Principal, session_id: UUID) -> None:
    """End one of the person's own sessions, on every instance; its sockets are closed.

    Raises: NotFound (no such session, ended already, or somebody else's).
    """
    async with resources.database.write() as connection:
        owner_id = await session_queries.revoke_session(
            connection, session_id, resources.clock(), principal.user_id
        )
    if owner_id is None:
        raise NotFound("You have no such session.", code="session_not_found")
    announce_revoked(resources, principal.user_id, [session_id])


async def log_out(resources: Resources, principal: Principal) -> None:
    """End the session that asks. That another request ended it meanwhile is no error."""
    async with resources.database.write() as connection:
        await session_queries.revoke_session(connection, principal.session_id, resources.clock())
    announce_revoked(resources, principal.user_id, [principal.session_id])


async def revoke_other_sessions(resources: Resources, principal: Principal) -> None:
    """End all of the person's sessions but the one that asks."""
    async with resources.database.write() as connection:
        ended = await session_queries.revoke_other_sessions(
            connection, principal.user_id, principal.session_id, resources.clock()
        )
    announce_revoked(resources, principal.user_id, ended)


async def _account_named(resources: Resources, text: str) -> Account | None:
    username = folded_username(text)
    if username is None:
        return None
    async with resources.database.read() as connection:
        return await queries.account_by_name(connection, username)


async def _go_on(
    resources: Resources, connection: AsyncConnection, session_id: UUID
) -> TokenResponse:
    now = resources.clock()
    expires_at = now + _session_lifetime(resources)
    user_id = await session_queries.prolong_session(connection, session_id, now, expires_at)
    if user_id is None:
        raise _invalid_refresh_token()
    account = await queries.account_by_id(connection, user_id)
    if account is None:
        raise _invalid_refresh_token()
    _check_active(account, now)
    return await _new_tokens(resources, connection, account, session_id)


async def _new_tokens(
    resources: Resources, connection: AsyncConnection, account: Account, session_id: UUID
) -> TokenResponse:
    refresh_token = new_refresh_token()
    await session_queries.insert_refresh_token(
        connection, hash_token(refresh_token), session_id, resources.clock()
    )
    return TokenResponse(
        access_token=resources.tokens.access_token(account.id, session_id),
        expires_in=resources.tokens.lifetime_seconds,
        refresh_token=refresh_token,
        user=account.as_own(),
    )


def _check_active(account: Account, now: datetime) -> None:
    require_active(account.status, account.status_until, now)


def _session_lifetime(resources: Resources) -> timedelta:
    return timedelta(days=resources.settings.refresh_token_days)


def _wrong_credentials() -> NotAuthenticated:
    return NotAuthenticated("Wrong username or password.", code="wrong_credentials")


def _invalid_refresh_token() -> NotAuthenticated:
    return NotAuthenticated(
        "The refresh token is unknown, used or too old; log in again.",
        code="invalid_refresh_token",
    )
