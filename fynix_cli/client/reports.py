"""The endpoints of reports and notices, for whoever makes and gets them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.notices import NoticeListResponse, NoticesReadResponse
from fynix_server.protocol.reports import ReportListResponse, ReportResponse


class ReportClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def report(self, body: Mapping[str, Any]) -> ReportResponse:
        """Not sent twice: a second one would be refused, since the first was taken."""
        call = Call("POST", "/api/reports", body=body, is_repeatable=False)
        return await self._http.fetch(ReportResponse, call)

    async def reports(self, limit: int, before: UUID | None) -> ReportListResponse:
        """A page, the newest first; `limit` at most 100."""
        call = Call("GET", "/api/reports", query=_page(limit, before))
        return await self._http.fetch(ReportListResponse, call)

    async def notices(
        self, limit: int, before: UUID | None, *, is_unread: bool
    ) -> NoticeListResponse:
        """A page, the newest first; `limit` at most 100."""
        query = _page(limit, before) | {"unread": str(is_unread).lower()}
        call = Call("GET", "/api/notices", query=query)
        return await self._http.fetch(NoticeListResponse, call)

    async def mark_notices_read(self, up_to: UUID) -> NoticesReadResponse:
        """That one and all older ones."""
        call = Call("POST", "/api/notices/read", body={"up_to": str(up_to)})
        return await self._http.fetch(NoticesReadResponse, call)


def _page(limit: int, before: UUID | None) -> dict[str, Any]:
    return {"limit": limit} | ({} if before is None else {"before": str(before)})
