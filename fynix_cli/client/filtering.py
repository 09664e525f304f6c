"""The endpoints of the content filter, for whoever edits it from a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.filtering import (
    FilterTestResponse,
    RuleActResponse,
    RuleImportResponse,
    RuleListResponse,
    RuleResponse,
)

RULES = "/api/admin/filter/rules"


class FilterClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable.

    Changes are not sent twice: a second one could be refused, since the first was done.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def rules(self, **query: Any) -> RuleListResponse:
        """A page of rules; what is None is not asked for."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self._http.fetch(RuleListResponse, Call("GET", RULES, query=given))

    async def rule_named(self, name: str) -> RuleResponse | None:
        """The rule of exactly this name, in any case; None: there is none."""
        page = await self.rules(name=name, limit=1)
        return page.rules[0] if page.rules else None

    async def rule(self, rule_id: UUID) -> RuleResponse:
        return await self._http.fetch(RuleResponse, Call("GET", f"{RULES}/{rule_id}"))

    async def add(self, body: Mapping[str, Any]) -> RuleActResponse:
        call = Call("POST", RULES, body=body, is_repeatable=False)
        return await self._http.fetch(RuleActResponse, call)

    async def change(self, rule_id: UUID, body: Mapping[str, Any]) -> RuleActResponse:
        call = Call("PATCH", f"{RULES}/{rule_id}", body=body, is_repeatable=False)
        return await self._http.fetch(RuleActResponse, call)

    async def remove(self, rule_id: UUID, body: Mapping[str, Any]) -> RuleActResponse:
        call = Call("DELETE", f"{RULES}/{rule_id}", body=body, is_repeatable=False)
        return await self._http.fetch(RuleActResponse, call)

    async def import_rules(
        self, rules: Sequence[Mapping[str, Any]], body: Mapping[str, Any]
    ) -> RuleImportResponse:
        """Done twice it is done once: the second finds everything as it should be."""
        call = Call("POST", "/api/admin/filter/import", body={**body, "rules": rules})
        return await self._http.fetch(RuleImportResponse, call)

    async def test(self, body: Mapping[str, Any]) -> FilterTestResponse:
        call = Call("POST", "/api/admin/filter/test", body=body)
        return await self._http.fetch(FilterTestResponse, call)
