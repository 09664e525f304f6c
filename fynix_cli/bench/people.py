"""People to make load with: registered for the run, each with sockets as asked."""

import asyncio
import errno
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from fynix_cli.bench.together import together
from fynix_cli.client.server_url import is_local
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import progress

_AT_ONCE = 8
_PASSWORD = uuid4().hex
Hear = Callable[[str], None]


@dataclass(frozen=True)
class Somebody:
    """An account that exists for the run."""

    user_id: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Crowd:
    """Talks to one server: registers people, begins conversations, opens sockets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._stack = AsyncExitStack()
        self._listening: list[asyncio.Task[None]] = []
        # httpx, which the other commands use, takes longer for a request than the server.
        self._http = aiohttp.ClientSession(
            trust_env=not is_local(url), connector=aiohttp.TCPConnector(limit=0)
        )
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._suffix = uuid4().hex[:10]

    async def register(self, count: int) -> list[Somebody]:
        """So many people. Raises: CommandError (the server refuses, as past its limits)."""
        with progress("Registering", count) as advance:

            async def one(number: int) -> Somebody:
                name = f"bench_{self._suffix}_{number}"
                body = {"username": name, "password": _PASSWORD}
                answer = await self._ask("/api/auth/register", body)
                advance(1)
                return Somebody(answer["user"]["id"], answer["access_token"])

            return await together(one(number) for number in range(count))

    async def begin_dm(self, one: Somebody, other: Somebody) -> str:
        """The id of their conversation."""
        answer = await self._ask(f"/api/conversations/dm/{other.user_id}", {}, one)
        return str(answer["id"])

    async def begin_group(self, members: list[Somebody]) -> str:
        """The id of a new group of them all."""
        body = {"name": "bench", "participant_ids": [it.user_id for it in members[1:]]}
        answer = await self._ask("/api/conversations", body, members[0])
        return str(answer["id"])

    async def _ask(
        self, path: str, body: Mapping[str, object], who: Somebody | None = None
    ) -> dict[str, Any]:
        async with self._turns:
            answer: dict[str, Any] = json.loads(await self.post(path, body, who))
            return answer

    async def get(self, path: str, who: Somebody) -> dict[str, Any]:
        """What is read there. Raises: CommandError (the server refuses), Unreachable."""
        async with self._turns:
            answer: dict[str, Any] = json.loads(await self._request("GET", path, None, who))
            return answer

    async def post(
        self, path: str, body: Mapping[str, object], who: Somebody | None = None
    ) -> bytes:
        """What the server answers. Raises: CommandError (it refuses), Unreachable."""
        return await self._request("POST", path, body, who)

    async def _request(
        self, method: str, path: str, body: Mapping[str, object] | None, who: Somebody | None
    ) -> bytes:
        headers = who.bearer if who else None
        asked = self._http.request(method, self.url + path, json=body, headers=headers)
        try:
            async with asked as answer:
                text = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"the server did not answer: {error}") from error
        if not answer.ok:
            raise refused(answer.status, text)
        return text

    async def listen(self, who: Somebody, hear: Hear) -> ClientConnection:
        """Open a socket of theirs; `hear` gets each frame.

        Raises: CommandError.
        """
        url = self.url.replace("http", "ws", 1) + "/api/ws"
        try:
            socket = await self._stack.enter_async_context(
                connect(
                    url,
                    additional_headers=who.bearer,
                    compression=None,
                    max_size=None,
                    ping_interval=None,
                    proxy=None,
                )
            )
            await _until_live(socket, hear)
        except (WebSocketException, OSError) as error:
            raise _unopened(error) from error
        self._listening.append(asyncio.create_task(_listen(socket, hear)))
        return socket

    def check(self) -> None:
        """Raises: CommandError, where a socket has been closed under way."""
        for task in self._listening:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self._stack.aclose()
        await self._http.close()


async def _until_live(socket: ClientConnection, hear: Hear) -> None:
    """Return once what is sent to its person reaches the socket too: that is some time after it
    has been accepted."""
    try:
        await socket.send('{"type":"ping"}')
        async for frame in socket:
            text = str(frame)
            if text.startswith('{"type":"pong"'):
                return
            hear(text)
    except ConnectionClosed:
        pass
    raise closed(socket)


async def _listen(socket: ClientConnection, hear: Hear) -> None:
    try:
        async for frame in socket:
            hear(frame if isinstance(frame, str) else frame.decode())
    except ConnectionClosed:
        pass
    raise closed(socket)


def closed(socket: ClientConnection) -> CommandError:
    """The failure that a socket means which has been closed under way."""
    if socket.close_code == _GONE:
        return Unreachable("the server has ended, or its line is broken")
    reason = f" ({socket.close_reason})" if socket.close_reason else ""
    return CommandError(
        f"the server closed a socket with {socket.close_code}{reason}",
        hint=_MEND_FRAMES if socket.close_code == _TOO_MANY else None,
    )


def _unopened(error: Exception) -> CommandError:
    if isinstance(error, InvalidStatus):
        return refused(error.response.status_code, error.response.body)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return CommandError(
            "this system lets a process open no more files",
            hint="use fewer connections, or raise the limit with `ulimit -n`",
        )
    return Unreachable(f"the server takes no more sockets: {error}")


_GONE = 1006
_TOO_MANY = 4008
# A server closes with it whoever passes its limit, and whoever writes more than it gets to read.
_MEND_FRAMES = (
    "lower --rate, spread it over more --pairs, or start the server with "
    "FYNIX_WS_FRAMES_PER_SECOND=1000000"
)
_MEND = (
    "start the server with FYNIX_RATE_LIMIT_MESSAGES, _API, _LOGIN and _WS_CONNECT at "
    "1000000/60 and FYNIX_WS_FRAMES_PER_SECOND=1000000"
)


def refused(status: int, text: str | bytes | bytearray) -> CommandError:
    """The failure that an answer of the server means for a benchmark."""
    try:
        detail = str(json.loads(text)["detail"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        detail = f"status {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return CommandError(
            f"the server limits this load: {detail}", hint=_MEND, exit_code=ExitCode.RATE_LIMITED
        )
    return CommandError(f"the server refused: {detail}")


@asynccontextmanager
async def crowd_at(url: str) -> AsyncIterator[Crowd]:
    """Everything that is opened is closed at the end."""
    crowd = Crowd(url)
    try:
        yield crowd
    finally:
        await crowd.close()


async def run_for(
    work: "asyncio.Task[None]", crowd: Crowd, seconds: float, description: str | None
) -> None:
    """Let `work` go on for so long, or until it is done. With a description, a bar shows it.

    Raises: what it or a socket has failed of.
    """
    until = time.perf_counter() + seconds
    with progress(description or "", round(seconds), is_wanted=description is not None) as advance:
        while not work.done() and (left := until - time.perf_counter()) > 0:
            await asyncio.wait([work], timeout=min(left, 1.0))
            crowd.check()
            advance(1)
    if work.done():
        work.result()
