"""Somebody who sends the same thing by every way there is, all at once."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.people import Api, Live, Person

Way = Literal["rest", "socket", "both"]


@dataclass(frozen=True)
class Answer:
    """What one try was told. `status`: 201 stored, 200 there already, else why not.

    An ack does not say which of the two it is: its `status` is 200, and `is_ack` is set.
    """

    status: int
    body: dict[str, Any]
    is_ack: bool = False

    @property
    def code(self) -> str | None:
        """The stable name of an error: REST and sockets keep it in different fields."""
        return self.body.get("error" if self.body.get("type") == "error" else "code")


@dataclass
class Sender:
    """Somebody who sends on every instance: over REST, and over a socket that is open there."""

    people: Sequence[Person]
    sockets: Sequence[Live]
    refs: Iterator[int] = field(default_factory=itertools.count)

    async def over_rest(self, at: int, conversation_id: str, text: str, key: str) -> Answer:
        person = self.people[at % len(self.people)]
        answer = await person.send(conversation_id, text, client_message_id=key)
        is_replay = answer.headers.get("Idempotent-Replayed")
        assert is_replay == ("true" if answer.status_code == 200 else None)
        return Answer(answer.status_code, answer.json())

    async def over_socket(self, at: int, conversation_id: str, text: str, key: str) -> Answer:
        socket, ref = self.sockets[at % len(self.sockets)], str(next(self.refs))
        await socket.send(
            type="send_message",
            ref=ref,
            conversation_id=conversation_id,
            content=text,
            client_message_id=key,
        )
        frame = await socket.expect_answer(ref)
        if frame["type"] == "ack":
            return Answer(200, frame["message"], is_ack=True)
        return Answer(frame["status_code"], frame)

    async def at_once(
        self, way: Way, conversation_id: str, texts: Sequence[str], key: str
    ) -> list[Answer]:
        """Send each text under the same key, all at once, over every instance in turn."""
        ways = {
            "rest": [self.over_rest],
            "socket": [self.over_socket],
            "both": [self.over_rest, self.over_socket],
        }[way]
        tries = (
            ways[number % len(ways)](number // len(ways), conversation_id, text, key)
            for number, text in enumerate(texts)
        )
        return await asyncio.gather(*tries)


async def on_each(person: Person, instances: Sequence[Api]) -> Sender:
    """`person` with a client and an open socket on each of the instances."""
    body = {
        "user": {"id": str(person.user_id), "username": person.username},
        "access_token": person.access_token,
        "refresh_token": person.refresh_token,
    }
    people = [Person(it, it.open_client(), body) for it in instances]
    return Sender(people, [await it.live() for it in people])
