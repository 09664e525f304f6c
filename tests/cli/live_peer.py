"""A scripted server on a real socket: it answers for events and plays one script a connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from fynix_cli.client.cursors import Cursors
from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair

ALICE = UUID("0198c0de-0000-7000-8000-00000000000a")
BOB = UUID("0198c0de-0000-7000-8000-00000000000b")
NOW = "2026-01-01T00:00:00Z"
BOB_HIMSELF = {
    "id": str(BOB),
    "username": "bob",
    "display_name": "Bob",
    "avatar_url": None,
    "created_at": NOW,
    "role": "user",
}
Frame = dict[str, Any]
Script = Callable[["Line"], Awaitable[None]]


class Line:
    """The server's end of one connection, greeted."""

    def __init__(self, peer: "Peer", connection: ServerConnection, bearer: str) -> None:
        self.peer = peer
        self.connection = connection
        self.bearer = bearer
        self.cursors: dict[str, int] = {}
        self.ref = ""

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self.connection.send(json.dumps(frame))

    async def greet(self, heartbeat_seconds: int = 25) -> None:
        """Send `hello` and read the `resume` that answers it; its cursors are kept."""
        await self.send(
            {
                "type": "hello",
                "user_id": str(BOB),
                "session_id": str(ALICE),
                "connection_id": str(ALICE),
                "heartbeat_seconds": heartbeat_seconds,
                "server_version": "0.1.0",
            }
        )
        await self.read_resume()

    async def read_resume(self) -> str:
        """Read a `resume` and keep what it says; its text."""
        text = await self.connection.recv(decode=True)
        resume = json.loads(text)
        assert resume["type"] == "resume"
        self.cursors, self.ref = resume["cursors"], resume["ref"]
        return text

    async def resumed(self, **restored: int) -> None:
        """Say where each conversation stands: at the end of its history, or where the client is.

        `restored`: by id, where one ends since a backup was restored.
        """
        standing = {str(it): frames[-1]["seq"] for it, frames in self.peer.histories.items()}
        for conversation_id, cursor in self.cursors.items():
            standing[conversation_id] = max(cursor, standing.get(conversation_id, 0))
        cursors = {**standing, **restored}
        await self.send({"type": "resumed", "ref": self.ref, "cursors": cursors})

    async def drop(self) -> None:
        """Cut the line without a close frame."""
        self.connection.transport.abort()

    async def close(self, code: int, reason: str = "") -> None:
        await self.connection.close(code, reason)

    async def stay(self) -> None:
        await self.connection.wait_closed()


class Peer:
    """Plays `scripts`, one a connection; further connections stay open and silent."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.lines: list[Line] = []
        self.histories: dict[UUID, list[Frame]] = {}
        self.refusals: list[tuple[int, str]] = []
        """Status and body of the next answers to requests for events; status 0: none, a cut."""
        self.tokens = MemoryTokens(TokenPair("access-1", "refresh-1"))
        self.states: list[str] = []
        self._server: Server | None = None

    @asynccontextmanager
    async def live(self, cursors: Cursors | None = None) -> AsyncIterator[LiveClient]:
        """Serve, and give a client of it. `cursors`: where it begins; None: now."""
        async with serve(
            self._play,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol("fynix.v1")],
            process_request=self._answer,
        ) as server:
            port = server.sockets[0].getsockname()[1]
            rest = RestClient(HttpClient(f"http://127.0.0.1:{port}", self.tokens))
            async with rest:
                yield LiveClient(rest, self.states.append, cursors)

    async def _play(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        line = Line(self, connection, connection.request.headers["Authorization"])
        self.lines.append(line)
        if self._scripts:
            await self._scripts.pop(0)(line)
            return
        await line.greet()
        await line.resumed()
        await line.stay()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path)
        if path.path == "/api/ws":
            return None
        if path.path == "/api/users/me":
            return connection.respond(200, json.dumps(BOB_HIMSELF))
        if self.refusals:
            status, body = self.refusals.pop(0)
            if status == 0:
                connection.transport.abort()
            return connection.respond(status or 503, body)
        history = self.histories[UUID(path.path.split("/")[3])]
        query = parse_qs(path.query)
        page = events_after(history, int(query["after_seq"][0]), int(query["limit"][0]))
        return connection.respond(200, json.dumps(page))


def events_after(history: list[Frame], after_seq: int, limit: int) -> Frame:
    later = [frame for frame in history if frame["seq"] > after_seq]
    page = later[:limit]
    return {
        "events": page,
        "next_seq": page[-1]["seq"] if page else after_seq,
        "has_more": len(later) > len(page),
    }


def new_message(conversation_id: UUID, seq: int) -> Frame:
    return {
        "type": "new_message",
        "conversation_id": str(conversation_id),
        "seq": seq,
        "message": {
            "id": str(UUID(int=seq)),
            "conversation_id": str(conversation_id),
            "seq": seq,
            "sender_id": str(ALICE),
            "sender_username": "alice",
            "content": f"message {seq}",
            "content_type": "text",
            "created_at": NOW,
        },
    }


async def first(live: LiveClient, count: int, deadline_seconds: float = 15.0) -> list[Any]:
    """The first `count` frames that the client gives out."""
    found: list[Any] = []
    async with asyncio.timeout(deadline_seconds), aclosing(live.frames()) as frames:
        async for frame in frames:
            found.append(frame)
            if len(found) == count:
                break
    return found
