"""Who schemathesis is, and what it knows: loaded by the process that test_openapi.py starts.

Many of the ids that it makes up are swapped for ids of what exists, so that its requests get
past the 404s. It is logged in as two people: one whose login nothing ends, and for the routes
that end logins another who logs in anew each time.
"""

import json
import os
from typing import Any
from uuid import UUID

import httpx
import schemathesis

ENDING = "/api/auth/"
MAX_PAGE = 100
Case = schemathesis.Case[Any]
_known: dict[str, Any] = json.loads(os.environ["FYNIX_TEST_KNOWN"])


@schemathesis.hook
def map_path_parameters(
    context: schemathesis.HookContext, path_parameters: dict[str, Any] | None
) -> dict[str, Any]:
    """Name what exists by every second id: told by the id itself, so that failures shrink."""
    given = path_parameters or {}
    return given | {
        name: known
        for name, known in _known["path"].items()
        if name in given and (id_ := _as_uuid(given[name])) and id_.int % 2 == 0
    }


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Name what exists by every good id."""
    if not isinstance(body, dict):
        return body
    return body | {
        name: known
        for name, known in _known["body"].items()
        if name in body and _as_uuid(body[name])
    }


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: Case) -> Case:
    """Keep the rules between two fields, which OpenAPI cannot state."""
    query, body = case.query, case.body
    if query and "before_seq" in query:
        query.pop("after_seq", None)
    if query and _is_deep(query.get("page")):
        query["page"] = MAX_PAGE
    if isinstance(body, dict) and "client_message_id" in body:
        case.headers.pop("Idempotency-Key", None)
    return case


def _as_uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _is_deep(page: Any) -> bool:
    return str(page).isdecimal() and int(page) > MAX_PAGE


@schemathesis.auth()
class Token:
    """The bearer token of each request, unless schemathesis leaves it out on purpose."""

    def get(self, case: Case, ctx: schemathesis.AuthContext) -> str:
        if not case.operation.path.startswith(ENDING):
            return str(_known["token"])
        answer = httpx.post(
            f"{_known['url']}/api/auth/login",
            json={"username": "mallory", "password": _known["password"]},
        )
        return str(answer.json()["access_token"])

    def set(self, case: Case, data: str, ctx: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"
