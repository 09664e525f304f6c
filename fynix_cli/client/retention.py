"""The endpoints of retention and legal holds, for admins at a terminal."""

from collections.abc import Mapping
from typing import Any

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.retention import (
    LegalHoldActResponse,
    LegalHoldsResponse,
    RetentionActResponse,
    RetentionPoliciesResponse,
)


class RetentionClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def policies(self, **query: Any) -> RetentionPoliciesResponse:
        """A page; what is None is not asked for."""
        call = Call("GET", "/api/admin/retention", query=_given(query))
        return await self._http.fetch(RetentionPoliciesResponse, call)

    async def change(self, verb: str, body: Mapping[str, Any]) -> RetentionActResponse:
        """`set` or `clear`. Not sent twice: a second one would be refused."""
        path = f"/api/admin/retention/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(RetentionActResponse, call)

    async def holds(self, **query: Any) -> LegalHoldsResponse:
        """A page; what is None is not asked for."""
        call = Call("GET", "/api/admin/legal-holds", query=_given(query))
        return await self._http.fetch(LegalHoldsResponse, call)

    async def change_hold(self, verb: str, body: Mapping[str, Any]) -> LegalHoldActResponse:
        """`add` or `remove`. Not sent twice: a second one would be refused."""
        path = f"/api/admin/legal-holds/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(LegalHoldActResponse, call)


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
