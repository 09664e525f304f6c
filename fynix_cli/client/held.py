"""The endpoints of the queue of held messages, for whoever reviews it from a terminal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.held import HeldActResponse, HeldListResponse, HeldReviewResponse

HELD = "/api/admin/held"


class HeldClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def held(self, **query: Any) -> HeldListResponse:
        """A page of the queue, without texts; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self._http.fetch(HeldListResponse, Call("GET", HELD, query=given))

    async def review(self, body: Mapping[str, Any]) -> HeldReviewResponse:
        """Not sent twice: each is an entry in the audit log."""
        call = Call("POST", f"{HELD}/review", body=body, is_repeatable=False)
        return await self._http.fetch(HeldReviewResponse, call)

    async def decide(self, message_id: UUID, verb: str, body: Mapping[str, Any]) -> HeldActResponse:
        """`verb`: release or reject. Not sent twice: a second one would be refused."""
        call = Call("POST", f"{HELD}/{message_id}/{verb}", body=body, is_repeatable=False)
        return await self._http.fetch(HeldActResponse, call)
