"""A scripted server on a real socket: it answers REST GETs and plays one script a connection."""

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

from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair

ALICE = UUID("0198c0de-0000-7000-8000-00000000000a")
BOB = UUID("0198c0de-0000-7000-8000-00000000000b")
NOW = "2026-01-01T00:00:00Z"
Frame = dict[str, Any]
Script = Callable[["Line"], Awaitable[None]]


class Line:
    """The server's end of one connection, greeted."""

    def __init__(self, connection: ServerConnection, bearer: str) -> None:
        self.connection = connection
        self.bearer = bearer
        self.cursors: dict[str, int] = {}

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
        resume = json.loads(await self.connection.recv())
        assert resume["type"] == "resume"
        self.cursors = resume["cursors"]

    async def resumed(self) -> None:
        await self.send({"type": "resumed", "ref": "resume", "cursors": self.cursors})

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
        self.tokens = MemoryTokens(TokenPair("access-1", "refresh-1"))
        self.states: list[str] = []
        self._server: Server | None = None

    @asynccontextmanager
    async def live(self) -> AsyncIterator[LiveClient]:
        """Serve, and give a client of it."""
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
                yield LiveClient(rest, self.states.append)

    async def _play(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        line = Line(connection, connection.request.headers["Authorization"])
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
        if path.path == "/api/conversations":
            return connection.respond(200, json.dumps(self._conversations()))
        history = self.histories[UUID(path.path.split("/")[3])]
        query = parse_qs(path.query)
        page = events_after(history, int(query["after_seq"][0]), int(query["limit"][0]))
        return connection.respond(200, json.dumps(page))

    def _conversations(self) -> Frame:
        return {
            "conversations": [
                conversation(id_, history[-1]["seq"]) for id_, history in self.histories.items()
            ],
            "total": len(self.histories),
            "page": 1,
            "page_size": 100,
            "has_next": False,
        }


def events_after(history: list[Frame], after_seq: int, limit: int) -> Frame:
    later = [frame for frame in history if frame["seq"] > after_seq]
    page = later[:limit]
    return {
        "events": page,
        "next_seq": page[-1]["seq"] if page else after_seq,
        "has_more": len(later) > len(page),
    }


def conversation(conversation_id: UUID, last_seq: int) -> Frame:
    return {
        "id": str(conversation_id),
        "is_group": False,
        "name": None,
        "description": None,
        "created_at": NOW,
        "updated_at": NOW,
        "last_message_at": NOW,
        "last_seq": last_seq,
        "participants": [],
        "last_message": None,
        "unread_count": 0,
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
