"""The endpoints under `/api/admin/cases`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.cases import (
    CaseActResponse,
    CaseDetails,
    CaseListResponse,
    CaseReadResponse,
)

_CASES = "/api/admin/cases"


class CaseClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def cases(self, **query: Any) -> CaseListResponse:
        """A page of cases; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self._http.fetch(CaseListResponse, Call("GET", _CASES, query=given))

    async def case(self, case_id: UUID) -> CaseDetails:
        return await self._http.fetch(CaseDetails, Call("GET", f"{_CASES}/{case_id}"))

    async def read(self, case_id: UUID, body: Mapping[str, Any]) -> CaseReadResponse:
        call = Call("POST", f"{_CASES}/{case_id}/read", body=body)
        return await self._http.fetch(CaseReadResponse, call)

    async def act(self, case_id: UUID, verb: str, body: Mapping[str, Any]) -> CaseActResponse:
        """Not sent twice: a second one would be refused, since the first was done."""
        path = f"{_CASES}/{case_id}/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(CaseActResponse, call)
