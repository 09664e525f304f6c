"""Requests: what is tried again, what is not, how tokens are renewed, what refusals become."""

import asyncio
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any
from uuid import UUID

import httpx
import pytest

from fynix_cli.client.failures import ApiError
from fynix_cli.client.http import HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_cli.exit_codes import ExitCode

SERVER = "http://fynix.test"
CONVERSATION = UUID("0198c0de-0000-7000-8000-000000000001")
NOW = "2026-01-01T00:00:00Z"
USER = {
    "id": "0198c0de-0000-7000-8000-000000000002",
    "username": "alice",
    "display_name": "Alice",
    "avatar_url": None,
    "created_at": NOW,
    "role": "user",
}
MESSAGE = {
    "id": "0198c0de-0000-7000-8000-000000000003",
    "conversation_id": str(CONVERSATION),
    "seq": 1,
    "sender_id": USER["id"],
    "sender_username": "alice",
    "content": "hello",
    "content_type": "text",
    "created_at": NOW,
}
Handler = Callable[[httpx.Request], httpx.Response]


class Recorder:
    """Answers with what `answer` says, and remembers every request."""

    def __init__(self, answer: Handler) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def client(self, tokens: MemoryTokens | None = None) -> RestClient:
        store = tokens or MemoryTokens(TokenPair("access-1", "refresh-1"))
        return RestClient(HttpClient(SERVER, store, transport=httpx.MockTransport(self)))


def refusal(status: int, code: str = "some_code", **more: Any) -> httpx.Response:
    body = {
        "detail": "Why not.",
        "status_code": status,
        "timestamp": NOW,
        "code": code,
        "request_id": "0198c0de-0000-7000-8000-000000000009",
    }
    headers = {"Retry-After": "7"} if status == 429 else {}
    return httpx.Response(status, json={**body, **more}, headers=headers)


def renewed_tokens(number: int) -> httpx.Response:
    body = {
        "access_token": f"access-{number}",
        "token_type": "bearer",
        "expires_in": 1800,
        "refresh_token": f"refresh-{number}",
        "user": USER,
    }
    return httpx.Response(200, json=body)


async def test_a_server_is_told_which_program_asks() -> None:
    server = Recorder(lambda request: httpx.Response(201, json=MESSAGE))

    await server.client().send_message(CONVERSATION, "hello")

    assert server.requests[0].headers["User-Agent"] == f"fynix/{version('fynix')} ({sys.platform})"


async def test_a_refusal_tells_its_code_request_and_wait() -> None:
    server = Recorder(lambda request: refusal(429, "rate_limited"))

    with pytest.raises(ApiError) as caught:
        await server.client().send_message(CONVERSATION, "hello")

    assert caught.value.status == 429
    assert caught.value.code == "rate_limited"
    assert caught.value.detail == "Why not."
    assert caught.value.retry_after == 7.0
    assert caught.value.request_id == "0198c0de-0000-7000-8000-000000000009"
    assert caught.value.exit_code == ExitCode.RATE_LIMITED
    assert len(server.requests) == 1


async def test_every_field_that_a_400_names_is_told() -> None:
    problems = [
        {"field": "body.username", "detail": "is too short"},
        {"field": "body.password", "detail": "is too long"},
    ]
    server = Recorder(lambda request: refusal(400, errors=problems))

    with pytest.raises(ApiError) as caught:
        await server.client().register("al", "correct horse")

    assert caught.value.detail == "username: is too short; password: is too long"


async def test_an_answer_that_is_not_from_fynix_is_said_to_be_so() -> None:
    server = Recorder(lambda request: httpx.Response(404, text="<h1>nginx</h1>"))

    with pytest.raises(ApiError, match=r"not Fynix's"):
        await server.client().me()


async def test_a_success_of_the_wrong_shape_is_said_to_be_so() -> None:
    server = Recorder(lambda request: httpx.Response(200, text="<h1>Welcome</h1>"))

    with pytest.raises(ApiError, match=r"not Fynix's"):
        await server.client().me()


@pytest.mark.parametrize("trouble", [502, 503, 504, httpx.ReadError("gone")], ids=str)
async def test_a_send_is_tried_again_with_the_same_key(trouble: int | Exception) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if len(server.requests) > 1:
            return httpx.Response(201, json=MESSAGE)
        if isinstance(trouble, Exception):
            raise trouble
        return httpx.Response(trouble, text="Bad Gateway")

    server = Recorder(answer)

    message = await server.client().send_message(CONVERSATION, "hello")

    keys = {json.loads(request.content)["client_message_id"] for request in server.requests}
    assert message.content == "hello"
    assert len(server.requests) == 2
    assert len(keys) == 1


async def test_a_login_that_may_have_been_done_is_not_tried_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    server = Recorder(answer)

    with pytest.raises(Unreachable):
        await server.client().log_in("alice", "correct horse")

    assert len(server.requests) == 1


async def test_trying_again_ends_with_the_reason() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    server = Recorder(answer)

    with pytest.raises(Unreachable, match="nothing answers there"):
        await server.client().me()

    assert len(server.requests) == 4


async def test_an_expired_token_is_renewed_and_the_request_made_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/auth/refresh":
            return renewed_tokens(2)
        if request.headers["Authorization"] == "Bearer access-2":
            return httpx.Response(200, json=USER)
        return refusal(401)

    server = Recorder(answer)
    tokens = MemoryTokens(TokenPair("access-1", "refresh-1"))

    user = await server.client(tokens).me()

    assert user.username == "alice"
    assert tokens.load() == TokenPair("access-2", "refresh-2")


async def test_requests_that_fail_at_once_use_the_refresh_token_once() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/auth/refresh":
            return renewed_tokens(2)
        if request.headers["Authorization"] == "Bearer access-2":
            return httpx.Response(200, json=USER)
        return refusal(401)

    server = Recorder(answer)
    client = server.client()

    await asyncio.gather(*(client.me() for _ in range(5)))

    refreshes = [it for it in server.requests if it.url.path == "/api/auth/refresh"]
    assert len(refreshes) == 1


async def test_a_login_that_cannot_be_renewed_has_ended() -> None:
    server = Recorder(lambda request: refusal(401))

    with pytest.raises(NotLoggedIn, match="fynix login") as caught:
        await server.client().me()

    refreshes = [it for it in server.requests if it.url.path == "/api/auth/refresh"]
    assert caught.value.exit_code == ExitCode.NOT_ALLOWED
    assert len(refreshes) == 1


async def test_a_refresh_is_never_sent_twice() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/auth/refresh":
            raise httpx.ReadError("gone")
        return refusal(401)

    server = Recorder(answer)

    with pytest.raises(Unreachable):
        await server.client().me()

    refreshes = [it for it in server.requests if it.url.path == "/api/auth/refresh"]
    assert len(refreshes) == 1


async def test_a_person_is_found_only_by_the_whole_name_in_any_case() -> None:
    users = [{**USER, "username": name} for name in ("al", "alice", "alicent")]
    server = Recorder(
        lambda request: httpx.Response(200, json={"users": users, "next_after": None})
    )
    client = server.client()

    found = await client.user_named("ALICE")
    missing = await client.user_named("ali")

    assert found is not None
    assert found.username == "alice"
    assert missing is None


async def test_bad_news_about_health_is_an_answer() -> None:
    body = {"status": "unready", "checks": {"database": "down"}}
    server = Recorder(lambda request: httpx.Response(503, json=body))

    ready = await server.client().ready()

    assert ready.status == "unready"
    assert len(server.requests) == 1
