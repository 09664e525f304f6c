"""The OpenAPI document says what the routes do."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from fynix_server.auth import access_of
from tests.contracts import ROOT
from tests.people import Api

Document = dict[str, Any]


@pytest.fixture
async def document(api: Api) -> Document:
    answer = await api.client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: Document = answer.json()
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(part: Any) -> Iterator[str]:
    """Every `$ref` anywhere inside `part`."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


async def test_every_route_of_the_api_is_described(api: Api, document: Document) -> None:
    described = {
        (method.upper(), path.replace("{", "<").replace("}", ">"))
        for method, path, _ in operations(document)
    }
    undescribed = {"openapi", "docs", "docs_style"}

    served = {
        (method, rule.rule.replace("<id:", "<"))
        for rule in api.app.url_map.iter_rules()
        if rule.endpoint not in undescribed and not rule.websocket
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served


async def test_every_reference_leads_somewhere(document: Document) -> None:
    for reference in set(references(document)):
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


async def test_an_operation_has_a_summary_a_name_of_its_own_and_a_success(
    document: Document,
) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(names) == len(set(names))
    for method, path, operation in operations(document):
        assert operation["summary"], f"{method} {path}"
        assert operation["tags"], f"{method} {path}"
        assert any(status.startswith("2") for status in operation["responses"])


async def test_a_refusal_has_the_shape_of_every_refusal(document: Document) -> None:
    for name, response in document["components"]["responses"].items():
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorResponse"}, name

    assert "Retry-After" in document["components"]["responses"]["Refused429"]["headers"]


async def test_only_what_is_limited_may_answer_that_it_is(document: Document) -> None:
    unlimited = {path for _, path, it in operations(document) if "429" not in it["responses"]}

    health = {"/api/conversations/health", "/api/ws/health", "/livez", "/readyz", "/metrics"}
    assert unlimited == health


async def test_what_the_protocol_says_of_an_answer_is_described(document: Document) -> None:
    sections = re.findall(
        r"^### (GET|POST|PUT|PATCH|DELETE) (/api/\S+)\n(.+?)(?=^##)",
        (ROOT / "docs" / "protocol.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )

    assert len(sections) > 30
    for method, path, text in sections:
        prose = re.sub(r"```.+?```", "", text, flags=re.DOTALL)
        said = set(re.findall(r"\b(?:20[014]|40[01349]|413|429|503)\b", prose))
        assert said <= document["paths"][path][method.lower()]["responses"].keys(), path


async def test_an_id_in_a_path_is_a_uuid(document: Document) -> None:
    for _, path, operation in operations(document):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                assert parameter["required"], path
                # An entry of the audit log goes by its number.
                is_id = parameter["name"] != "seq"
                expected = {"type": "string"} | ({"format": "uuid"} if is_id else {})
                assert parameter["schema"] == expected, path


async def test_a_query_parameter_never_takes_null(document: Document) -> None:
    for _, path, operation in operations(document):
        for parameter in operation["parameters"]:
            assert "null" not in json.dumps(parameter["schema"]), path


async def test_a_token_is_asked_for_where_the_route_asks_for_one(
    api: Api, document: Document
) -> None:
    for method, path, operation in operations(document):
        url = re.sub(r"{\w+}", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", path)
        if operation["security"]:
            assert (await api.client.request(method, url)).status_code == 401, path
        else:
            assert "401" not in operation["responses"] or path.startswith("/api/auth/")

    views = api.app.view_functions.values()
    secured = [it for it in map(access_of, views) if it is not None and it.is_authenticated]
    assert len(secured) == sum(bool(it["security"]) for _, _, it in operations(document))


async def test_the_frames_of_the_websocket_are_described(document: Document) -> None:
    websocket = document["x-websocket"]
    schemas = document["components"]["schemas"]

    assert websocket["path"] == "/api/ws"
    for reference in [*websocket["from_client"], *websocket["from_server"]]:
        shape = schemas[reference["$ref"].rsplit("/", 1)[1]]
        assert "const" in shape["properties"]["type"]
