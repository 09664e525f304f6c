"""People for tests: each with a REST client and as many sockets as they like."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from fynix_server.clock import utc_now
from fynix_server.resources import Resources

DEADLINE_SECONDS = 10.0
PASSWORD = "correct horse battery"
Frame = dict[str, Any]
# Without certificates, which no test needs, and which take longer to load than a test to run.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def open_client(url: str) -> httpx.AsyncClient:
    """A REST client of the server at `url`; the caller closes it."""
    return httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS, verify=_NO_CERTIFICATES)


class MovableClock:
    """The system's clock plus what a test added to it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


class Live:
    """An open socket and every frame that came through it and was not yet asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                async with self._changed:
                    self.frames.append(json.loads(text))
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        async with self._changed:
            self.close_code = self.socket.close_code
            self._changed.notify_all()

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def expect(self, type: str | None, **fields: Any) -> Frame:
        """The next frame like this, taken out; waits for it, with a deadline.

        `type` None: of any type.
        """
        wanted = fields if type is None else {"type": type, **fields}

        def found() -> Frame | None:
            return next(
                (it for it in self.frames if all(it.get(k) == v for k, v in wanted.items())),
                None,
            )

        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._changed:
                await self._changed.wait_for(lambda: found() or self.close_code is not None)
        except TimeoutError:
            pass
        frame = found()
        assert frame is not None, f"no {type} {fields}; there were {self.frames}"
        self.frames.remove(frame)
        return frame

    async def expect_answer(self, ref: str) -> Frame:
        """The `ack` or `error` that answers the command with this `ref`, taken out."""
        return await self.expect(None, ref=ref)

    async def expect_count(self, type: str, count: int) -> list[Frame]:
        """The first `count` frames of this type, in their order, taken out."""
        return [await self.expect(type) for _ in range(count)]

    async def barrier(self) -> None:
        """Return once everything that the server had queued for this socket has arrived."""
        await self.send(type="ping")
        await self.expect("pong")

    def seen(self, type: str) -> list[Frame]:
        """Frames of this type that arrived and were not taken. Call `barrier` first."""
        return [it for it in self.frames if it["type"] == type]

    async def closed(self) -> int:
        """Wait for the server to close it; the code that it gave."""
        async with asyncio.timeout(DEADLINE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: self.close_code is not None)
        assert self.close_code is not None
        return self.close_code

    async def stop(self) -> None:
        await self.socket.close()
        await self._reader


class Person:
    """Somebody with an account."""

    def __init__(self, api: "Api", client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        self._api = api
        self.client = client
        self.password = PASSWORD
        self.take_tokens(body)

    def take_tokens(self, body: dict[str, Any]) -> None:
        self.user_id = UUID(body["user"]["id"])
        self.username: str = body["user"]["username"]
        self.access_token: str = body["access_token"]
        self.refresh_token: str = body["refresh_token"]
        self.client.headers["Authorization"] = f"Bearer {self.access_token}"

    @property
    def session_id(self) -> UUID:
        return self._api.resources.tokens.verify(self.access_token).session_id

    async def dm(self, other: "Person") -> str:
        """The id of the conversation with `other`."""
        answer = await self.client.post(f"/api/conversations/dm/{other.user_id}")
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def group(self, name: str, *members: "Person") -> str:
        """The id of a new group."""
        body = {"name": name, "participant_ids": [str(it.user_id) for it in members]}
        answer = await self.client.post("/api/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def send(self, conversation_id: str, content: str, **more: Any) -> httpx.Response:
        url = f"/api/conversations/{conversation_id}/messages"
        return await self.client.post(url, json={"content": content, **more})

    async def messages(self, conversation_id: str, **query: Any) -> list[dict[str, Any]]:
        url = f"/api/conversations/{conversation_id}/messages"
        answer = await self.client.get(url, params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    async def read(self, conversation_id: str, message_id: str) -> httpx.Response:
        url = f"/api/conversations/{conversation_id}/read"
        return await self.client.patch(url, json={"message_id": message_id})

    async def live(self, *, resume: bool = True) -> Live:
        """A `fynix.v1` socket: greeted and, unless told otherwise, resumed from now on."""
        live = await self.plain_live(subprotocols=["fynix.v1"])
        await live.expect("hello")
        if resume:
            await live.send(type="resume", cursors={})
            await live.expect("resumed")
        return live

    async def plain_live(self, *, subprotocols: Sequence[str] = ()) -> Live:
        """A socket as a client written from the mission alone would open it."""
        live = await self._api.connect(token=self.access_token, subprotocols=subprotocols)
        if not subprotocols:
            await live.barrier()
        return live


class Api:
    """A running server, and people made on it."""

    def __init__(self, url: str, app: Quart, clock: MovableClock, stack: AsyncExitStack) -> None:
        self.url = url
        self.app = app
        self.clock = clock
        self._stack = stack
        self.client = open_client(url)
        stack.push_async_callback(self.client.aclose)

    @property
    def resources(self) -> Resources:
        resources = self.app.extensions["resources"]
        assert isinstance(resources, Resources)
        return resources

    async def register(self, username: str) -> Person:
        """A new account, logged in."""
        body = {"username": username, "password": PASSWORD}
        answer = await self.client.post("/api/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Person(self, self.open_client(), answer.json())

    def open_client(self) -> httpx.AsyncClient:
        """Another REST client of this server, without a login; closed when the server is."""
        client = open_client(self.url)
        self._stack.push_async_callback(client.aclose)
        return client

    async def people(self, *usernames: str) -> list[Person]:
        return [await self.register(username) for username in usernames]

    async def connect(
        self,
        *,
        token: str | None = None,
        query: str = "",
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
    ) -> Live:
        """Open a socket; `token` goes into the header."""
        socket = await connect(
            self.url.replace("http", "ws", 1) + "/api/ws" + query,
            additional_headers={"Authorization": f"Bearer {token}"} if token else {},
            subprotocols=[Subprotocol(it) for it in subprotocols] or None,
            origin=Origin(origin) if origin else None,
            max_size=None,
            proxy=None,
        )
        live = Live(socket)
        self._stack.push_async_callback(live.stop)
        return live


Serve = Callable[..., Awaitable[Api]]
"""Starts servers on one database, each with settings changed as the keywords say."""
