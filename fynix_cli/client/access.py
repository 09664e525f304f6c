"""The endpoints about limits, logins and connections of people, for moderators and admins."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.connections import ConnectionListResponse, ConnectionsKickedResponse
from fynix_server.protocol.limits import (
    LimitsActResponse,
    LimitsResetResponse,
    UserLimitsResponse,
)
from fynix_server.protocol.sessions import SessionsRevokedResponse, UserSessionListResponse

Body = Mapping[str, Any]


class AccessClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable.

    Acts are not sent twice: a second one would be refused, since the first was done.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def limits(self, user_id: UUID) -> UserLimitsResponse:
        return await self._http.fetch(UserLimitsResponse, Call("GET", _path(user_id, "limits")))

    async def change_limits(self, user_id: UUID, verb: str, body: Body) -> LimitsActResponse:
        """`verb`: set, exempt or clear."""
        return await self._http.fetch(LimitsActResponse, _act(user_id, f"limits/{verb}", body))

    async def reset_limits(self, user_id: UUID, body: Body) -> LimitsResetResponse:
        return await self._http.fetch(LimitsResetResponse, _act(user_id, "limits/reset", body))

    async def sessions(
        self, user_id: UUID, after: UUID | None, limit: int
    ) -> UserSessionListResponse:
        """A page of them, the latest begun first."""
        query = _given(limit=limit, after=after)
        call = Call("GET", _path(user_id, "sessions"), query=query)
        return await self._http.fetch(UserSessionListResponse, call)

    async def revoke_sessions(self, user_id: UUID, body: Body) -> SessionsRevokedResponse:
        call = _act(user_id, "sessions/revoke", body)
        return await self._http.fetch(SessionsRevokedResponse, call)

    async def connections(
        self, user_id: UUID | None, after: UUID | None, limit: int
    ) -> ConnectionListResponse:
        """A page of them, the longest open first. `user_id` None: of everybody."""
        query = _given(limit=limit, user_id=user_id, after=after)
        call = Call("GET", "/api/admin/connections", query=query)
        return await self._http.fetch(ConnectionListResponse, call)

    async def kick(self, user_id: UUID, body: Body) -> ConnectionsKickedResponse:
        call = _act(user_id, "connections/kick", body)
        return await self._http.fetch(ConnectionsKickedResponse, call)


def _path(user_id: UUID, rest: str) -> str:
    return f"/api/admin/users/{user_id}/{rest}"


def _act(user_id: UUID, rest: str, body: Body) -> Call:
    return Call("POST", _path(user_id, rest), body=body, is_repeatable=False)


def _given(**query: Any) -> Body:
    return {name: str(value) for name, value in query.items() if value is not None}
