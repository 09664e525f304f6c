"""The flood itself, in a process of its own: what it costs must not slow who measures.

Reads a `FloodOrder` as JSON from stdin, and prints what it was answered as JSON.
"""

import asyncio
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

UNANSWERED = 64
"""Messages that a flooder has under way over its socket: as many as a server takes of one."""
TEXT = "flood"


@dataclass(frozen=True)
class Flooder:
    """Somebody who floods, and the conversation that they flood."""

    token: str
    conversation_id: str


@dataclass(frozen=True)
class FloodOrder:
    """Whom to flood, how, and for how long. `connect_seconds`: between two tries to connect."""

    url: str
    via: str
    seconds: float
    connect_seconds: float
    flooders: list[Flooder]


@dataclass
class FloodAnswers:
    """What the server said: how often each status of a send (0: the line broke), each code that
    it closed a socket with, and each status of a handshake that it refused.

    `acknowledged`: the keys of what it said was stored, by conversation.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    refused_connections: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, list[str]] = field(default_factory=dict)


class _Flood:
    def __init__(self, order: FloodOrder, http: aiohttp.ClientSession) -> None:
        self._order = order
        self._http = http
        self.answers = FloodAnswers()

    async def run(self) -> None:
        way = self._over_rest if self._order.via == "rest" else self._over_sockets
        try:
            async with asyncio.timeout(self._order.seconds):
                async with asyncio.TaskGroup() as group:
                    for number, flooder in enumerate(self._order.flooders):
                        group.create_task(way(number, flooder))
        except TimeoutError:
            pass

    def _note(self, flooder: Flooder, status: int, key: str) -> None:
        self.answers.statuses[str(status)] += 1
        if status in (200, 201):
            self.answers.acknowledged.setdefault(flooder.conversation_id, []).append(key)

    async def _over_rest(self, number: int, flooder: Flooder) -> None:
        url = f"{self._order.url}/api/conversations/{flooder.conversation_id}/messages"
        headers = {"Authorization": f"Bearer {flooder.token}"}
        count = 0
        while True:
            count += 1
            body = {"content": TEXT, "client_message_id": f"{number}-{count}"}
            try:
                async with self._http.post(url, json=body, headers=headers) as answer:
                    await answer.read()
                    status = answer.status
            except (aiohttp.ClientError, OSError):
                status = 0
            self._note(flooder, status, body["client_message_id"])

    async def _over_sockets(self, number: int, flooder: Flooder) -> None:
        url = self._order.url.replace("http", "ws", 1) + "/api/ws"
        headers = {"Authorization": f"Bearer {flooder.token}"}
        # Goes on over every line: a key that is used again would be acknowledged as a retry.
        numbers = itertools.count(1)
        while True:
            try:
                async with self._http.ws_connect(
                    url, headers=headers, protocols=["fynix.v1"], max_msg_size=0
                ) as socket:
                    await self._talk(socket, flooder, (f"{number}-{it}" for it in numbers))
                    self.answers.closes[str(socket.close_code)] += 1
            except aiohttp.WSServerHandshakeError as error:
                self.answers.refused_connections[str(error.status)] += 1
            except (aiohttp.ClientError, OSError):
                self.answers.refused_connections["0"] += 1
            await asyncio.sleep(self._order.connect_seconds)

    async def _talk(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        flooder: Flooder,
        keys: Iterator[str],
    ) -> None:
        """Send without a pause, until the server closes."""
        head = f'{{"type":"send_message","conversation_id":"{flooder.conversation_id}",'
        unanswered = 0
        while True:
            while unanswered < UNANSWERED:
                unanswered += 1
                key = next(keys)
                frame = f'{head}"ref":"{key}","client_message_id":"{key}","content":"{TEXT}"}}'
                await socket.send_str(frame)
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                self.answers.statuses["0"] += unanswered
                return
            heard = json.loads(message.data)
            if heard["type"] == "ack":
                self._note(flooder, 201, heard["ref"])
            elif heard["type"] == "error":
                self._note(flooder, int(heard["status_code"]), "")
            else:
                continue
            unanswered -= 1


async def _flood(order: FloodOrder) -> FloodAnswers:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        flood = _Flood(order, http)
        await flood.run()
    return flood.answers


def main() -> None:
    import uvloop

    asked: dict[str, Any] = json.load(sys.stdin)
    flooders = [Flooder(**it) for it in asked.pop("flooders")]
    answers = uvloop.run(_flood(FloodOrder(flooders=flooders, **asked)))
    json.dump(vars(answers), sys.stdout)


if __name__ == "__main__":
    main()
