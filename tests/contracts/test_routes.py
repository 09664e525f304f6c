"""Every route asks for a token and counts against a limit, or is declared here as one that need
not."""

import json
import re
from pathlib import Path

import pytest

from fynix_server.app import create_app
from fynix_server.auth import Access, access_of
from fynix_server.settings import load_settings
from tests.people import Api

# Open, since they are how one gets a token; counted by address.
BY_ADDRESS = {"accounts.register", "accounts.log_in", "accounts.refresh"}
# Open and not counted.
FREE = {
    # Load balancers and Prometheus have no account, ask often, and cost next to nothing.
    "health.conversations_health",
    "health.sockets_health",
    "health.livez",
    "health.readyz",
    "health.metrics",
    # What the API looks like is no secret; made once, then served from memory.
    "openapi",
    "docs",
    "docs_style",
}
# Takes a token in four ways, refuses by a close code, and counts against `ws_connect` once it
# knows whose socket it is: tests/sockets/test_handshake.py.
BY_HANDSHAKE = {"sockets.serve_socket"}
# Looked up before it is counted: a retry of a stored message costs nothing.
BY_SERVICE = {"messages.send_message"}
PAGES = ("/docs", "/docs/style.css", "/openapi.json")
# What a browser follows by itself; text that merely shows an address is harmless.
LOADING = re.compile(
    r"""(?:\b(?:src|srcset|href|action|poster|data)\s*=|@import|\burl\(|\bimport\b)\s*["'(]*\s*"""
    r"(?:https?:)?//",
    re.IGNORECASE,
)
ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"


@pytest.fixture
def stack() -> str:
    """Routes are the same on both; once is enough."""
    return "embedded"


@pytest.fixture
def accesses(tmp_path: Path) -> dict[str, Access | None]:
    """What each endpoint asks of its callers."""
    app = create_app(load_settings(data_dir=tmp_path))
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    return {it: access_of(app.view_functions[it]) for it in endpoints}


def test_the_url_of_a_route_can_still_be_built(tmp_path: Path) -> None:
    urls = create_app(load_settings(data_dir=tmp_path)).url_map.bind("fynix.example")

    built = urls.build("messages.send_message", {"conversation_id": ID, "page": 2})

    assert built == f"/api/conversations/{ID}/messages?page=2"


def test_every_route_asks_for_a_token_or_is_declared_open(
    accesses: dict[str, Access | None],
) -> None:
    is_open = {name for name, it in accesses.items() if it is None or not it.is_authenticated}

    assert is_open == BY_ADDRESS | FREE | BY_HANDSHAKE


def test_every_route_counts_against_a_limit_or_is_declared_exempt(
    accesses: dict[str, Access | None],
) -> None:
    unlimited = {name for name, it in accesses.items() if it is None or it.bucket is None}

    assert unlimited == FREE | BY_SERVICE | BY_HANDSHAKE


async def test_what_asks_for_a_token_refuses_without_one_whatever_else_is_wrong(api: Api) -> None:
    answers = {}
    for rule in api.app.url_map.iter_rules():
        if rule.endpoint in BY_ADDRESS | FREE | BY_HANDSHAKE:
            continue
        url = re.sub(r"<[^>]+>", ID, rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic YTpi"}):
                answer = await api.client.request(method, url, content=b"{", headers=headers)
                answers[method, url, str(headers)] = (answer.status_code, answer.json()["code"])

    assert len(answers) > 50
    assert set(answers.values()) == {(401, "not_authenticated")}


async def test_what_describes_the_api_is_open_and_loads_nothing_from_elsewhere(api: Api) -> None:
    for page in PAGES:
        answer = await api.client.get(page)

        assert answer.status_code == 200, page
        assert LOADING.search(answer.text) is None, page


async def test_the_description_refers_to_nothing_outside_itself(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()

    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert references
    assert {it for it in references if not it.startswith("#/")} == set()
    assert "servers" not in document


@pytest.mark.parametrize(
    "loading",
    [
        '<script src="https://cdn.example/x.js">',
        "<link href='//cdn.example/x.css'>",
        "@import url(https://cdn.example/x.css)",
        'import "https://cdn.example/x.js"',
    ],
)
def test_loading_from_elsewhere_would_be_noticed(loading: str) -> None:
    assert LOADING.search(loading)
