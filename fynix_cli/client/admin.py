"""The endpoints under `/api/admin`, for whoever moderates from a terminal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.moderation import (
    ModeratedUserDetails,
    ModeratedUserListResponse,
    ModeratedUserResponse,
    UserActResponse,
)
from fynix_server.protocol.privacy import (
    EraseResponse,
    ErasureListResponse,
    ExportPlanResponse,
)

LONG_WORK_SECONDS = 300.0


class AdminClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def users(self, **query: Any) -> ModeratedUserListResponse:
        """A page of people; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        call = Call("GET", "/api/admin/users", query=given)
        return await self._http.fetch(ModeratedUserListResponse, call)

    async def user_named(self, username: str) -> ModeratedUserResponse | None:
        """The person of exactly this name, in any case; None: there is none."""
        page = await self.users(q=username, limit=1)
        wanted = username.lower()
        # The name itself sorts before whatever it is the beginning of.
        return next((user for user in page.users if user.username == wanted), None)

    async def user(self, user_id: UUID) -> ModeratedUserDetails:
        call = Call("GET", f"/api/admin/users/{user_id}")
        return await self._http.fetch(ModeratedUserDetails, call)

    async def act_on_user(
        self, user_id: UUID, verb: str, body: Mapping[str, Any]
    ) -> UserActResponse:
        """Not sent twice: a second one would be refused, since the first was done."""
        path = f"/api/admin/users/{user_id}/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(UserActResponse, call)

    async def erase_user(self, user_id: UUID, body: Mapping[str, Any]) -> EraseResponse:
        """Work at it for a few seconds. Sent again where that is safe: it goes on."""
        path = f"/api/admin/users/{user_id}/erase"
        call = Call("POST", path, body=body, patience_seconds=LONG_WORK_SECONDS)
        return await self._http.fetch(EraseResponse, call)

    async def plan_export(self, user_id: UUID, body: Mapping[str, Any]) -> ExportPlanResponse:
        call = Call("POST", f"/api/admin/users/{user_id}/export", body=body)
        return await self._http.fetch(ExportPlanResponse, call)

    async def erasures(self, **query: Any) -> ErasureListResponse:
        """A page of the journal; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        call = Call("GET", "/api/admin/erasures", query=given)
        return await self._http.fetch(ErasureListResponse, call)
