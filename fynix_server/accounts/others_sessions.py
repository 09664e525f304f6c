"""Other people's sessions, which moderators may see and admins may end."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.accounts import session_queries
from fynix_server.acted_on import find_person, lock_person
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.auth import announce_revoked
from fynix_server.errors import Conflict, NotFound
from fynix_server.protocol.sessions import (
    SessionRevokeRequest,
    SessionsRevokedResponse,
    UserSessionListResponse,
    UserSessionResponse,
    UserSessionsQuery,
)
from fynix_server.resources import Resources


async def list_sessions_of(
    resources: Resources, user_id: UUID, wanted: UserSessionsQuery
) -> UserSessionListResponse:
    """A page of somebody's sessions that hold, the latest begun first. Raises: NotFound."""
    async with resources.database.read() as connection:
        person = await find_person(connection, user_id)
        found = await session_queries.live_sessions_by_age(
            connection, user_id, resources.clock(), wanted.after, wanted.limit + 1
        )
    page = found[: wanted.limit]
    return UserSessionListResponse(
        user_id=user_id,
        username=person.username,
        sessions=[
            UserSessionResponse(
                id=login.id,
                created_at=login.created_at,
                last_used_at=login.last_used_at,
                expires_at=login.expires_at,
                user_agent=login.user_agent,
            )
            for login in page
        ],
        next_after=page[-1].id if len(found) > len(page) else None,
    )


async def revoke_sessions_of(
    resources: Resources, acting: Acting, user_id: UUID, request: SessionRevokeRequest
) -> SessionsRevokedResponse:
    """End one of somebody's sessions, or all; their sockets close with 4014 on every instance.

    Raises: NotFound (no such person, or no such session of theirs), Conflict (none of them
    holds), InvalidInput (oneself), NotPermitted (their role is too high).
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, now)
        ended = await _revoke(connection, resources, user_id, request.session_id)
        after = {"revoked": len(ended), "session_id": _text(request.session_id)}
        act = Act(acting.act, "user", str(user_id), {}, after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        announce_revoked(resources, user_id, ended)
    return SessionsRevokedResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        user_id=user_id,
        revoked=len(ended),
    )


async def _revoke(
    connection: AsyncConnection, resources: Resources, user_id: UUID, session_id: UUID | None
) -> Sequence[UUID]:
    now = resources.clock()
    if session_id is None:
        ended = await session_queries.revoke_sessions(connection, user_id, now)
        if not ended:
            raise Conflict("They are logged in nowhere.", code="not_so")
        return ended
    if await session_queries.revoke_session(connection, session_id, now, user_id) is None:
        raise NotFound("They have no such session.", code="session_not_found")
    return [session_id]


def _text(session_id: UUID | None) -> str | None:
    """For the audit log; None: all of them."""
    return None if session_id is None else str(session_id)
