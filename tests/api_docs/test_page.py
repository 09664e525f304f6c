"""The page for people: complete, and it loads nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser

from fynix_server.api_docs.examples import example_json
from fynix_server.api_docs.page import prose
from fynix_server.api_docs.wording import constraints_of, type_of
from tests.people import Api

_LOADING = {"src", "href", "action", "data", "poster", "srcset"}


class Page(HTMLParser):
    """The tags of a page, what they refer to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: set[str] = set()
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in _LOADING:
                self.targets.add(value or "")
            if name == "id":
                self.ids.append(value or "")


async def test_the_page_loads_nothing_from_another_server_and_runs_no_script(api: Api) -> None:
    answer = await api.client.get("/docs")
    page = Page(answer.text)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not page.tags & {"script", "style", "iframe", "img", "object"}
    assert {it for it in page.targets if not it.startswith("#")} == {
        "/docs/style.css",
        "/openapi.json",
    }


async def test_every_link_inside_the_page_leads_to_one_place(api: Api) -> None:
    page = Page((await api.client.get("/docs")).text)

    assert len(page.ids) == len(set(page.ids))
    assert {it.removeprefix("#") for it in page.targets if it.startswith("#")} <= set(page.ids)


async def test_the_page_shows_every_operation(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()
    shown = (await api.client.get("/docs")).text

    for path, methods in document["paths"].items():
        for method in methods:
            heading = rf'<span class="method {method}">{method.upper()}</span> <code>'
            assert re.search(heading + re.escape(path) + "</code>", shown)


async def test_the_style_sheet_loads_nothing(api: Api) -> None:
    answer = await api.client.get("/docs/style.css")

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_prose_shows_code_and_never_lets_markup_through() -> None:
    assert prose("a `b`\n\n<script>") == "<p>a <code>b</code></p><p>&lt;script&gt;</p>"


def test_a_schema_is_put_into_words() -> None:
    nullable = {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}

    assert type_of(nullable) == "string or null"
    assert type_of({"type": "array", "items": {"$ref": "#/components/schemas/X"}}) == (
        'list of <a href="#shape-X">X</a>'
    )
    assert list(constraints_of(nullable)) == ["at most 5 characters"]
    assert list(constraints_of({"minimum": 1, "maximum": 9, "default": 2})) == [
        "1 to 9",
        "default `2`",
    ]


def test_an_example_follows_the_schema() -> None:
    document = {"components": {"schemas": {"X": {"properties": {"content": {"type": "string"}}}}}}
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/X"}}

    assert json.loads(example_json(document, schema)) == [{"content": "Hello, world!"}]
