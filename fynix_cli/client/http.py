"""Requests to a server: tokens renewed, failures told apart, and tried again where that is safe."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NoReturn, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from fynix_cli.client.backoff import full_jitter
from fynix_cli.client.failures import ApiError
from fynix_cli.client.server_url import checked_server, is_local
from fynix_cli.client.tokens import TokenPair, TokenStore
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_server.protocol.accounts import TokenResponse
from fynix_server.protocol.errors import ErrorResponse

READ_SECONDS = 15.0
CONNECT_SECONDS = 5.0
TIMEOUT = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
BACKOFF_BASE_SECONDS = 0.2
BACKOFF_CAP_SECONDS = 3.0
PASSING_STATUSES = {502, 503, 504}
"""What a proxy or a server says that is just being restarted."""

# Loading certificates takes longer than what a command then asks a server on this machine.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """One request. `is_repeatable`: the server does it once however often it is sent.

    `patience_seconds`: how long the server may say nothing, where it has much to do first.
    `is_streamed`: the body is read by the caller.
    """

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    is_repeatable: bool = True
    has_token: bool = True
    patience_seconds: float = READ_SECONDS
    is_streamed: bool = False


class HttpClient:
    """Sends calls to one server as one person (`tokens` None: as nobody)."""

    def __init__(
        self,
        server: str,
        tokens: TokenStore | None = None,
        *,
        attempts: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.server = checked_server(server)
        self.tokens = tokens
        self._attempts = attempts
        # Elsewhere a proxy of the environment may have a certificate to check.
        is_plain = is_local(self.server) and self.server.lower().startswith("http:")
        self._http = httpx.AsyncClient(
            base_url=self.server,
            timeout=TIMEOUT,
            transport=transport,
            # What `fynix session list` calls this login.
            headers={"User-Agent": f"fynix/{version('fynix')} ({sys.platform})"},
            trust_env=not is_local(self.server),
            verify=_NO_CERTIFICATES if is_plain else True,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def fetch(self, model: type[Model], call: Call) -> Model:
        """The answer to `call` as a `model`. Raises: ApiError, NotLoggedIn, Unreachable."""
        return self._parsed(model, await self.send(call))

    async def fetch_health(self, model: type[Model], path: str) -> Model:
        """What the server says of itself at `path`, also when that is bad news (503).

        Raises: ApiError, Unreachable.
        """
        call = Call("GET", path, is_repeatable=False, has_token=False)
        response = await self._send_persistently(call, {})
        if response.is_success or response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return self._parsed(model, response)
        _raise_refusal(self.server, response)

    async def send(self, call: Call) -> httpx.Response:
        """The answer to `call`, a success. Raises: ApiError, NotLoggedIn, Unreachable."""
        response = await self._send_with_token(call)
        if response.is_success:
            return response
        _raise_refusal(self.server, response)

    @asynccontextmanager
    async def streamed(self, call: Call) -> AsyncIterator[httpx.Response]:
        """The answer to a `call` that is streamed, a success, before its body is read.

        Raises: ApiError, NotLoggedIn, Unreachable.
        """
        response = await self._send_with_token(call)
        try:
            if not response.is_success:
                await response.aread()
                _raise_refusal(self.server, response)
            yield response
        finally:
            await response.aclose()

    async def renew_tokens(self, stale: TokenPair) -> TokenPair:
        """Tokens that hold, in place of `stale`, which were refused.

        Raises: NotLoggedIn (the login has ended), ApiError, Unreachable.
        """
        tokens = self._require_tokens()
        async with tokens.renewing():
            stored = tokens.load()
            if stored is None:
                raise NotLoggedIn("logged out meanwhile", hint="log in with: fynix login NAME")
            if stored.access_token != stale.access_token:
                return stored
            renewed = await self._refresh(stored)
            tokens.save(renewed)
            return renewed

    def current_tokens(self) -> TokenPair:
        """Raises: NotLoggedIn."""
        pair = self._require_tokens().load()
        if pair is None:
            raise NotLoggedIn("not logged in", hint="log in with: fynix login NAME")
        return pair

    def _parsed(self, model: type[Model], response: httpx.Response) -> Model:
        try:
            return model.model_validate_json(response.content)
        except ValidationError:
            _raise_foreign(self.server, response)

    def _require_tokens(self) -> TokenStore:
        if self.tokens is None:
            raise NotLoggedIn("not logged in", hint="log in with: fynix login NAME")
        return self.tokens

    async def _send_with_token(self, call: Call) -> httpx.Response:
        if not call.has_token:
            return await self._send_persistently(call, {})
        pair = self.current_tokens()
        response = await self._send_persistently(call, _bearer(pair))
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        await response.aclose()
        pair = await self.renew_tokens(pair)
        return await self._send_persistently(call, _bearer(pair))

    async def _send_persistently(self, call: Call, headers: dict[str, str]) -> httpx.Response:
        for attempt in range(self._attempts):
            is_last = attempt == self._attempts - 1
            pause = full_jitter(attempt, BACKOFF_BASE_SECONDS, BACKOFF_CAP_SECONDS)
            try:
                response = await self._send_once(call, headers)
            except httpx.TransportError as error:
                if is_last or not _may_repeat(call, error):
                    raise Unreachable(
                        f"cannot reach {self.server}: {_why(error)}",
                        hint="is it running? start one with: fynix serve",
                    ) from error
            else:
                if is_last or not call.is_repeatable or not _is_passing(response):
                    return response
                await response.aclose()
                pause = max(pause, min(_retry_after(response) or 0, BACKOFF_CAP_SECONDS))
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _send_once(self, call: Call, headers: dict[str, str]) -> httpx.Response:
        request = self._http.build_request(
            call.method,
            call.path,
            params=call.query,
            json=call.body,
            headers=headers,
            timeout=httpx.Timeout(
                READ_SECONDS, connect=CONNECT_SECONDS, read=call.patience_seconds
            ),
        )
        return await self._http.send(request, stream=call.is_streamed)

    async def _refresh(self, pair: TokenPair) -> TokenPair:
        body = {"refresh_token": pair.refresh_token}
        # Never repeated: the first try may have used the token up, and a second use ends the login.
        call = Call("POST", "/api/auth/refresh", body=body, is_repeatable=False, has_token=False)
        try:
            answer = await self.fetch(TokenResponse, call)
        except ApiError as error:
            if error.status != httpx.codes.UNAUTHORIZED:
                raise
            raise NotLoggedIn(
                "the login has ended", hint="log in again with: fynix login NAME"
            ) from error
        return TokenPair(answer.access_token, answer.refresh_token)


def _bearer(pair: TokenPair) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair.access_token}"}


def _may_repeat(call: Call, error: httpx.TransportError) -> bool:
    # Where there was no connection nothing was done, so even a login may be tried again.
    return call.is_repeatable or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


def _is_passing(response: httpx.Response) -> bool:
    return response.status_code in PASSING_STATUSES


def _why(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "nothing answers there"
    return str(error) or type(error).__name__


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    # Its other form, a date, is not one that Fynix sends.
    return float(value) if value.isdecimal() else None


def _raise_refusal(server: str, response: httpx.Response) -> NoReturn:
    try:
        refusal = ErrorResponse.model_validate_json(response.content)
    except ValidationError:
        _raise_foreign(server, response)
    # `detail` tells of the first field only. Where in a request a field stands is the server's
    # business: at a terminal nobody has written a body.
    fields = [
        f"{problem.field.removeprefix('body.')}: {problem.detail}"
        for problem in refusal.errors or []
    ]
    detail = "; ".join(fields) if len(fields) > 1 else refusal.detail.removeprefix("body.")
    raise ApiError(
        response.status_code,
        refusal.code,
        detail,
        request_id=str(refusal.request_id),
        retry_after=_retry_after(response),
    )


def _raise_foreign(server: str, response: httpx.Response) -> NoReturn:
    if _is_passing(response):
        raise Unreachable(f"{server} is not ready: it answered {response.status_code}")
    raise ApiError(
        response.status_code,
        "unexpected_answer",
        f"{server} answered {response.status_code} with something that is not Fynix's",
    )
