"""The endpoints of the spam score."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.spam import (
    SpamActResponse,
    SpamExplanationResponse,
    SpamListResponse,
)


class SpamClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def people(self, **query: Any) -> SpamListResponse:
        """A page of those who were judged; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self._http.fetch(SpamListResponse, Call("GET", "/api/admin/spam", query=given))

    async def explanation(self, user_id: UUID) -> SpamExplanationResponse:
        call = Call("GET", f"/api/admin/users/{user_id}/spam")
        return await self._http.fetch(SpamExplanationResponse, call)

    async def act(self, user_id: UUID, verb: str, body: Mapping[str, Any]) -> SpamActResponse:
        """Not sent twice: a second one would be refused, or done again."""
        path = f"/api/admin/users/{user_id}/spam/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(SpamActResponse, call)
