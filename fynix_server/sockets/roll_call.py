"""Who is connected, on whichever instance: each answers for its own sockets, within a deadline.

Which instances there are stands in Redis (`INSTANCES`): each says every few seconds that it lives.
One that says so no more stays there for minutes, so that what it has is not taken for nothing.
"""

import asyncio
import contextlib
import heapq
import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from fynix_server.connections import Connection
from fynix_server.protocol.connections import Protocol
from fynix_server.protocol.fields import Shape
from fynix_server.redis_client import REDIS_ERRORS
from fynix_server.resources import Resources
from fynix_server.tables import new_id

INSTANCES = "instances"
"""A sorted set: each instance by when it last said that it lives, in seconds since 1970."""
SIGN_OF_LIFE_SECONDS = 10.0
RETRY_SECONDS = 1.0
FORGOTTEN_AFTER_SECONDS = 300.0
ANSWER_WITHIN_SECONDS = 2.0


class Question(Shape):
    """At most `limit` open connections after the id `after`, of `user_id` alone or of anybody."""

    user_id: UUID | None
    connection_id: UUID | None = None
    after: UUID | None = None
    limit: int


class OpenConnection(Shape):
    id: UUID
    user_id: UUID
    session_id: UUID
    protocol: Protocol
    queued_frames: int


class Answer(Shape):
    """What one instance has: how many in all, and the first of them by id."""

    instance: str
    count: int
    connections: list[OpenConnection]


@dataclass(frozen=True, slots=True)
class Called:
    """`heard_at`: every instance that is known of. `is_known` False: Redis is away, and cannot
    tell which there are."""

    answers: Mapping[str, Answer]
    heard_at: Mapping[str, datetime]
    is_known: bool

    @property
    def is_complete(self) -> bool:
        return self.is_known and self.heard_at.keys() <= self.answers.keys()

    @property
    def count(self) -> int:
        return sum(it.count for it in self.answers.values())


@dataclass(slots=True)
class _Asked:
    """A question that waits for these instances."""

    missing: set[str]
    answers: dict[str, Answer] = field(default_factory=dict)
    is_answered: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, answer: Answer) -> None:
        self.answers[answer.instance] = answer
        self.missing.discard(answer.instance)
        if not self.missing:
            self.is_answered.set()


class RollCall:
    """Asks all instances, this one included, and answers for this one."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        # The address and the process are for people; what comes first makes it unique.
        self.instance = f"{secrets.token_hex(4)}@{socket.gethostname()[:64]}:{os.getpid()}"
        self._asked: dict[str, _Asked] = {}
        self._signing = asyncio.Lock()
        self._has_left = False

    async def ask(self, question: Question) -> Called:
        """What all instances answer that do so in time."""
        mine = self._answer(question)
        now = datetime.now(UTC)
        if self._resources.settings.is_fakeredis:  # one process on its own
            return Called({self.instance: mine}, {self.instance: now}, True)
        try:
            heard_at = await self._heard_at()
        except REDIS_ERRORS:
            return Called({self.instance: mine}, {self.instance: now}, False)
        asked = _Asked(set(heard_at))
        asked.take(mine)
        await self._wait(question, asked)
        heard_at = {**dict.fromkeys(asked.answers, now), **heard_at}
        return Called(asked.answers, heard_at, self._resources.event_bus.is_connected)

    async def _wait(self, question: Question, asked: _Asked) -> None:
        question_id = str(new_id())
        self._asked[question_id] = asked
        try:
            self._resources.event_bus.publish_control(
                {
                    "type": "roll_call",
                    "id": question_id,
                    "asked_by": self.instance,
                    "question": question.model_dump_json(),
                }
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                    await asked.is_answered.wait()
        finally:
            del self._asked[question_id]

    def answer(self, event: dict[str, str]) -> None:
        """Tell whoever asks what this instance has."""
        if event["asked_by"] != self.instance:
            answer = self._answer(Question.model_validate_json(event["question"]))
            self._resources.event_bus.publish_control(
                {"type": "roll_call_answer", "id": event["id"], "answer": answer.model_dump_json()}
            )

    def take_answer(self, event: dict[str, str]) -> None:
        """An answer, to a question of this instance or of another."""
        asked = self._asked.get(event["id"])
        if asked is not None:
            asked.take(Answer.model_validate_json(event["answer"]))

    def _answer(self, question: Question) -> Answer:
        """In one go: with 50,000 sockets it takes some 40 ms, in which nothing else is done."""
        connections, wanted = self._resources.connections, question.connection_id
        found = connections if question.user_id is None else connections.of_user(question.user_id)
        after = 0 if question.after is None else question.after.int
        mine = [it for it in found if it.id.int > after and not it.closing.done()]
        if wanted is not None:
            mine = [it for it in mine if it.id == wanted]
        first = heapq.nsmallest(question.limit, mine, key=lambda it: it.id.int)
        return Answer(
            instance=self.instance,
            count=len(mine),
            connections=[_described(it) for it in first],
        )

    async def _heard_at(self) -> dict[str, datetime]:
        redis, since = self._resources.redis, time.time() - FORGOTTEN_AFTER_SECONDS
        found = cast(
            list[tuple[bytes, float]],
            await redis.zrangebyscore(INSTANCES, since, "+inf", withscores=True),
        )
        return {name.decode(): datetime.fromtimestamp(at, UTC) for name, at in found}

    async def run(self) -> None:
        """Say every few seconds that this instance lives, for as long as it does."""
        while not self._resources.settings.is_fakeredis:
            is_said = await self._sign()
            await asyncio.sleep(SIGN_OF_LIFE_SECONDS if is_said else RETRY_SECONDS)

    async def _sign(self) -> bool:
        now = time.time()
        async with self._signing:
            if self._has_left:
                return True
            pipeline = self._resources.redis.pipeline(transaction=False)
            pipeline.zadd(INSTANCES, {self.instance: now})
            pipeline.zremrangebyscore(INSTANCES, "-inf", now - FORGOTTEN_AFTER_SECONDS)
            try:
                await pipeline.execute()
            except REDIS_ERRORS:
                return False
        return True

    async def leave(self) -> None:
        """This instance has no connections any more, and nobody waits for its answers."""
        async with self._signing:
            self._has_left = True
            with contextlib.suppress(*REDIS_ERRORS):
                await self._resources.redis.zrem(INSTANCES, self.instance)


def _described(connection: Connection) -> OpenConnection:
    return OpenConnection(
        id=connection.id,
        user_id=connection.user_id,
        session_id=connection.session_id,
        protocol="fynix.v1" if connection.is_v1 else "plain",
        queued_frames=connection.queued_frames,
    )
