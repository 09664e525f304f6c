"""Every route asks for a token, or is declared here as one that is open to everybody."""

import json
import re

import pytest
from quart import Quart

from fynix_server.app import create_app
from fynix_server.auth import access_of
from fynix_server.settings import Settings
from tests.people import Api

OPEN = {
    # They are how one gets a token; counted by address.
    "accounts.register",
    "accounts.log_in",
    "accounts.refresh",
    # Load balancers and Prometheus have no account.
    "health.conversations_health",
    "health.sockets_health",
    "health.livez",
    "health.readyz",
    "health.metrics",
    # What the API looks like is no secret.
    "openapi",
    "docs",
    "docs_style",
}
# Takes a token in four ways, and refuses by a close code: tests/sockets/test_handshake.py.
BY_HANDSHAKE = {"sockets.serve_socket"}
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


def _open_endpoints(app: Quart) -> set[str]:
    accesses = {
        rule.endpoint: access_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
    }
    return {name for name, it in accesses.items() if it is None or not it.is_authenticated}


async def test_every_route_asks_for_a_token_or_is_declared_open(settings: Settings) -> None:
    app = create_app(settings)

    assert _open_endpoints(app) == OPEN | BY_HANDSHAKE


async def test_what_asks_for_a_token_refuses_without_one_whatever_else_is_wrong(api: Api) -> None:
    answers = {}
    for rule in api.app.url_map.iter_rules():
        if rule.endpoint in OPEN | BY_HANDSHAKE:
            continue
        url = re.sub(r"<[^>]+>", ID, rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic YTpi"}):
                answer = await api.client.request(method, url, content=b"{", headers=headers)
                answers[method, url, str(headers)] = (answer.status_code, answer.json()["code"])

    assert len(answers) > 50
    assert set(answers.values()) == {(401, "not_authenticated")}


@pytest.mark.parametrize("page", PAGES)
async def test_what_describes_the_api_is_open_and_loads_nothing_from_elsewhere(
    api: Api, page: str
) -> None:
    answer = await api.client.get(page)

    assert answer.status_code == 200
    assert LOADING.search(answer.text) is None


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
