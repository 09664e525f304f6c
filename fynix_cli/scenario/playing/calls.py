"""Requests of people in a scenario: one try each, and the whole answer, whatever it says."""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from fynix_cli.client.server_url import is_local
from fynix_cli.scenario.playing.failures import NoAnswer

# Certificates take longer to load than a scenario to run, and http:// needs none.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Call:
    """A request. `path` with its query; `body` goes as JSON, `raw` as it stands."""

    method: str
    path: str
    body: Any = None
    raw: str | None = None
    headers: Mapping[str, str | None] | None = None


@dataclass(frozen=True)
class Answer:
    """What came back. `body`: as JSON where it is some, else as text, None where it is empty."""

    status: int
    headers: Mapping[str, str]
    body: Any
    seconds: float

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str | None:
        """The stable code of an error."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")


def open_http(url: str) -> httpx.AsyncClient:
    """A client for everybody who talks to the server at `url`; whoever opens it closes it."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    if url.startswith("http:"):
        return httpx.AsyncClient(
            base_url=url, verify=_NO_CERTIFICATES, limits=limits, trust_env=not is_local(url)
        )
    return httpx.AsyncClient(base_url=url, limits=limits)


async def ask(http: httpx.AsyncClient, call: Call, token: str | None, within: float) -> Answer:
    """Send a request, once. Raises: NoAnswer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = None
    if call.raw is not None:
        content = call.raw.encode()
    elif call.body is not None:
        content = json.dumps(call.body).encode()
        headers["Content-Type"] = "application/json"
    for name, value in (call.headers or {}).items():
        headers = {key: it for key, it in headers.items() if key.lower() != name.lower()}
        if value is not None:
            headers[name] = str(value)
    began = time.monotonic()
    try:
        # The client's own limit is for each piece of an answer, and there may be many.
        async with asyncio.timeout(within):
            response = await http.request(
                call.method, call.path, content=content, headers=headers, timeout=within
            )
    except (httpx.TimeoutException, TimeoutError) as error:
        raise NoAnswer(f"{call.method} {call.path}: no answer within {within:g} s") from error
    except httpx.RequestError as error:
        why = str(error) or type(error).__name__
        raise NoAnswer(f"{call.method} {call.path}: no answer ({why})") from error
    except (httpx.InvalidURL, ValueError) as error:
        raise NoAnswer(f"{call.method} {call.path} cannot be asked: {error}") from error
    return Answer(
        response.status_code, response.headers, _decoded(response), time.monotonic() - began
    )


def _decoded(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except (ValueError, RecursionError):
        return response.text
