"""Those who send: by REST with the client library, once without a key, and over a socket."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from fynix_cli.client.failures import ApiError
from fynix_cli.errors import Unreachable
from tests.faults.torture.history import History, Outcome, Send
from tests.faults.torture.world import Conversation, CountingTransport, Person, World

OPEN_SECONDS = 5.0
RECONNECT_SECONDS = 0.2
GIVE_UP_AFTER = 6
MAX_ON_THE_WAY = 40
_PASSING = {"rate_limited", "unavailable"}


def new_content(rng: random.Random) -> str:
    """A text that no other message has; its first word names it."""
    return f"{uuid4().hex} " + "".join(rng.choices("abc défg 😀 ", k=rng.randrange(0, 80)))


class RestSender:
    """Sends one message after the other with the client library, which tries again by itself."""

    def __init__(self, world: World, person: Person, rng: random.Random, pause: float) -> None:
        self._world = world
        self._history: History = world.history
        self._person = person
        self._rng = rng
        self._pause = pause
        self._transport = CountingTransport()

    async def run(self) -> None:
        async with self._person.rest(self._transport) as rest:
            self._rest = rest
            while not self._world.is_over:
                await asyncio.sleep(self._rng.expovariate(1 / self._pause))
                conversation = self._rng.choice(self._world.of(self._person))
                await self._rng.choices(
                    (self._send_keyed, self._send_once, self._send_wrong), (8, 2, 1)
                )[0](conversation)

    async def _send_keyed(self, conversation: Conversation) -> None:
        content, key = new_content(self._rng), uuid4().hex
        await self._try_until_known(conversation, content, key)
        if self._rng.random() < 0.1:
            # A retry whose first answer was lost: the same message, not another.
            await self._try_until_known(conversation, content, key)
        if self._rng.random() < 0.05:
            # Another text under the same key must not be stored.
            await self._try_once(conversation, new_content(self._rng), key, self._history.now())

    async def _try_until_known(self, conversation: Conversation, content: str, key: str) -> None:
        began, unclear = self._history.now(), self._transport.unclear
        for _ in range(self._rng.randrange(1, GIVE_UP_AFTER)):
            send = await self._try_once(conversation, content, key, began, unclear=unclear)
            if send.outcome != "unknown":
                return

    async def _try_once(
        self,
        conversation: Conversation,
        content: str,
        key: str,
        began: float,
        *,
        unclear: int | None = None,
    ) -> Send:
        unclear = self._transport.unclear if unclear is None else unclear
        try:
            message = await self._rest.send_message(conversation.id, content, key)
        except ApiError as error:
            # A refusal says nothing of an earlier try whose answer never came.
            is_clear = self._transport.unclear == unclear and error.status < 500
            outcome: Outcome = "refused" if is_clear else "unknown"
            send = self._note(conversation, content, key, (began, outcome, error.code))
        except Unreachable as error:
            send = self._note(conversation, content, key, (began, "unknown", error.args[0]))
        else:
            raw = {"id": message.id, "seq": message.seq}
            send = self._note(conversation, content, key, (began, "stored", "201"), raw)
        return send

    async def _send_once(self, conversation: Conversation) -> None:
        """Without a key, so never twice."""
        await self._post(conversation, new_content(self._rng))

    async def _send_wrong(self, conversation: Conversation) -> None:
        """What must be refused: too long, by a stranger, or to where one is not."""
        content = new_content(self._rng)
        foreign = [it for it in self._world.conversations if self._person not in it.members]
        if foreign and self._rng.random() < 0.5:
            await self._post(self._rng.choice(foreign), content)
        else:
            await self._post(conversation, content + "x" * 2000)

    async def _post(self, conversation: Conversation, content: str) -> None:
        began = self._history.now()
        url = f"{self._person.server}/api/conversations/{conversation.id}/messages"
        request = httpx.Request("POST", url, headers=self._person.bearer, json={"content": content})
        request.extensions["timeout"] = httpx.Timeout(15.0).as_dict()
        try:
            response = await self._transport.handle_async_request(request)
            body = json.loads(await response.aread())
        except (httpx.TransportError, ValueError) as error:
            self._note(conversation, content, None, (began, "unknown", type(error).__name__))
            return
        if response.status_code == httpx.codes.CREATED:
            self._note(conversation, content, None, (began, "stored", "201"), body)
        else:
            is_clear = response.status_code < httpx.codes.INTERNAL_SERVER_ERROR
            outcome: Outcome = "refused" if is_clear else "unknown"
            self._note(conversation, content, None, (began, outcome, body["code"]))

    def _note(
        self,
        conversation: Conversation,
        content: str,
        key: str | None,
        became: tuple[float, Outcome, str],
        message: dict[str, Any] | None = None,
    ) -> Send:
        began, outcome, answer = became
        send = Send(
            *(began, self._history.now(), self._person.id, conversation.id),
            *(key, content, outcome, answer),
            message_id=UUID(str(message["id"])) if message else None,
            seq=message["seq"] if message else None,
        )
        self._history.record(send)
        return send


@dataclass
class _OnTheWay:
    """A message that went over the socket and has no answer yet."""

    began: float
    conversation_id: UUID
    key: str
    content: str
    tries: int = 0


class SocketSender:
    """Sends over a socket without waiting for each answer; what has none is sent again."""

    def __init__(self, world: World, person: Person, rng: random.Random, pause: float) -> None:
        self._world = world
        self._person = person
        self._rng = rng
        self._pause = pause
        self._line = 0
        self._on_the_way: dict[str, _OnTheWay] = {}
        self._due: list[_OnTheWay] = []
        """Those of them that are to be sent again."""

    async def run(self) -> None:
        while not self._is_done:
            with suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                await self._use_one_line()
            self._line += 1
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _use_one_line(self) -> None:
        async with connect(
            self._person.socket_url,
            additional_headers=self._person.bearer,
            subprotocols=[Subprotocol("fynix.v1")],
            open_timeout=OPEN_SECONDS,
            close_timeout=1,
            proxy=None,
        ) as socket:
            sending = asyncio.create_task(self._send_on(socket))
            try:
                async for text in socket:
                    self._take(json.loads(text))
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await sending

    async def _send_on(self, socket: ClientConnection) -> None:
        self._due = list(self._on_the_way.values())
        while not self._is_done:
            due, self._due = self._due, []
            for message in due:
                await self._write(socket, message)
            await asyncio.sleep(self._rng.expovariate(1 / self._pause))
            if self._world.is_over:
                continue
            if len(self._on_the_way) >= MAX_ON_THE_WAY:
                continue
            conversation = self._rng.choice(self._world.of(self._person))
            # Several at once wait in one commit, where their order could be lost.
            for _ in range(self._rng.choice((1, 1, 1, 4))):
                await self._send_new(socket, conversation)
        await socket.close()

    async def _send_new(self, socket: ClientConnection, conversation: Conversation) -> None:
        key, began = uuid4().hex, self._world.history.now()
        message = _OnTheWay(began, conversation.id, key, new_content(self._rng))
        self._on_the_way[key] = message
        await self._write(socket, message)

    @property
    def _is_done(self) -> bool:
        return self._world.is_over and not self._on_the_way

    async def _write(self, socket: ClientConnection, message: _OnTheWay) -> None:
        message.tries += 1
        frame = {
            "type": "send_message",
            "ref": message.key,
            "conversation_id": str(message.conversation_id),
            "content": message.content,
            "client_message_id": message.key,
        }
        await socket.send(json.dumps(frame))

    def _take(self, frame: dict[str, Any]) -> None:
        message = self._on_the_way.get(frame.get("ref") or "")
        if message is None:
            return
        if frame["type"] == "ack":
            self._settle(message, "stored", "ack", frame["message"])
        elif frame["type"] == "error" and message.tries > 1:
            # It says nothing of the first try.
            if frame["error"] in _PASSING:
                self._due.append(message)
            else:
                self._settle(message, "unknown", frame["error"])
        elif frame["type"] == "error":
            is_clear = frame["error"] != "unavailable"
            self._settle(message, "refused" if is_clear else "unknown", frame["error"])

    def _settle(
        self,
        message: _OnTheWay,
        outcome: Outcome,
        answer: str,
        stored: dict[str, Any] | None = None,
    ) -> None:
        del self._on_the_way[message.key]
        history = self._world.history
        history.record(
            Send(
                *(message.began, history.now(), self._person.id, message.conversation_id),
                *(message.key, message.content, outcome, answer),
                message_id=UUID(stored["id"]) if stored else None,
                seq=stored["seq"] if stored else None,
                line=f"{self._person.name}/{self._line}" if message.tries == 1 else None,
            )
        )
