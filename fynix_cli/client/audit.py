"""The endpoints of the audit log."""

from typing import Any

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.audit import AuditEntryResponse, AuditListResponse


class AuditClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def entries(self, **query: Any) -> AuditListResponse:
        """A page; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self._http.fetch(
            AuditListResponse, Call("GET", "/api/admin/audit", query=given)
        )

    async def entry(self, seq: int) -> AuditEntryResponse:
        return await self._http.fetch(AuditEntryResponse, Call("GET", f"/api/admin/audit/{seq}"))
