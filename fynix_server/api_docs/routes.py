"""Serves the OpenAPI document and the page made of it; both are built once, when first asked."""

import json
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from quart import Quart, Response
from quart_schema import HttpSecurityScheme, Info, QuartSchema, hide

from fynix_server.api_docs.openapi import FynixOpenAPI
from fynix_server.api_docs.page import render_page

_WEB = Path(__file__).parent.parent / "web"
_DESCRIPTION = """\
Direct messages over REST and a WebSocket. Times are UTC in RFC 3339, ids are UUIDs.
Every refusal has the shape ErrorResponse: `detail` is for people, `code` for programs.
Limited answers carry `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`."""
# Nothing but the page's own style sheet is ever loaded, and no script runs.
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}


def install_api_docs(app: Quart) -> None:
    """Add /openapi.json and /docs to `app`, and the checking of requests by quart-schema."""
    schema = QuartSchema(
        app,
        # No path of its own: the document is served from the cache below, and the pages that
        # quart-schema offers load their scripts from elsewhere.
        openapi_path=None,
        info=Info(
            title="Fynix",
            version=version("fynix"),
            description=_DESCRIPTION,
        ),
        security_schemes={"bearer": HttpSecurityScheme("bearer", bearer_format="JWT")},
        conversion_preference="pydantic",
        openapi_provider_class=FynixOpenAPI,
    )
    docs = _Docs(schema)
    app.add_url_rule("/openapi.json", "openapi", docs.openapi)
    app.add_url_rule("/docs", "docs", docs.page)
    app.add_url_rule("/docs/style.css", "docs_style", docs.style)


class _Docs:
    """The routes cannot change once the server runs, so neither can what describes them."""

    def __init__(self, schema: QuartSchema) -> None:
        self._schema = schema

    @cached_property
    def _document(self) -> dict[str, Any]:
        return self._schema.openapi_provider.schema()

    @cached_property
    def _json(self) -> str:
        return json.dumps(self._document, ensure_ascii=False)

    @cached_property
    def _html(self) -> str:
        return render_page(self._document, _WEB)

    @cached_property
    def _css(self) -> str:
        return (_WEB / "docs.css").read_text(encoding="utf-8")

    @hide
    async def openapi(self) -> Response:
        """The OpenAPI 3.1 document."""
        return Response(self._json, content_type="application/json")

    @hide
    async def page(self) -> Response:
        """The same for people."""
        return Response(self._html, content_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)

    @hide
    async def style(self) -> Response:
        return Response(self._css, content_type="text/css; charset=utf-8", headers=_PAGE_HEADERS)
