"""Whatever people do, in whatever order, what they see is what a slow and simple model says.

Always the same sequences. For others, and more of them:
READ_STATE_EXAMPLES=500 pytest tests/messages/test_read_state_model.py --timeout 0
"""

import itertools
import os
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fynix_server.maintenance.doctor.examination import examine
from tests.messages.read_state_model import CREATED, OK, REFUSED, Room, Said, Stay
from tests.people import Api, Person

NAMES = ("alice", "bob", "carol", "dave")
LONGER = int(os.environ.get("READ_STATE_EXAMPLES", "0"))
PAGE = 100
COMPARED_EVERY = 5

_round = itertools.count(1)


class Step(NamedTuple):
    """Who does what to whom, where. Numbers choose among what there is, counted round.

    `is_allowed`: somebody who may do it; else anybody, who may be refused.
    """

    act: str
    is_allowed: bool
    person: int
    other: int
    room: int
    message: int


# Messages first: without them there is nothing to read.
ACTS = (
    *("send", "send", "send", "send", "send", "read", "read", "read", "read"),
    *("delete", "delete", "edit", "add", "add", "remove", "leave", "dm"),
)
_some = st.integers(0, 11)
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(ACTS),
        st.sampled_from((True, True, True, False)),
        _some,
        _some,
        st.sampled_from((0, 0, 0, 1, 2)),
        st.sampled_from((0, 0, 1, 1, 2, 3, 5, 8, 13)),  # back from the newest
    ),
    min_size=20,
    max_size=60,
)


@pytest.fixture
async def sound(unlimited: Api) -> AsyncIterator[Api]:
    """A server that people may write to as quickly as they can. Its database must end sound."""
    yield unlimited
    results = await examine(unlimited.resources.settings, lambda count: None)
    assert [it.invariant.name for it in results if it.is_broken] == []


@examples(
    max_examples=LONGER or 12,
    derandomize=not LONGER,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
async def test_what_people_see_is_what_the_model_says(sound: Api, sequence: list[Step]) -> None:
    world = await World.begin(sound)

    for number, step in enumerate(sequence, start=1):
        await world.take(step)
        if number % COMPARED_EVERY == 0:
            await world.compare()

    await world.compare()


class World:
    """The same people and conversations twice: on the server, and in the model."""

    def __init__(self, people: dict[str, Person]) -> None:
        self.people = people
        self.rooms: list[Room] = []
        self._now = 0
        self._names = {str(person.user_id): name for name, person in people.items()}
        self._texts = itertools.count()

    @classmethod
    async def begin(cls, api: Api) -> "World":
        """New people, and a group of three of them."""
        number = next(_round)
        people = {name: await api.register(f"{name}-{number}") for name in NAMES}
        world = cls(people)
        members = [people[name] for name in NAMES[1:3]]
        group = await people[NAMES[0]].group("group", *members)
        world._begin_room(group, NAMES[:3], is_group=True)
        return world

    def _begin_room(self, id: str, names: tuple[str, ...], *, is_group: bool) -> Room:
        stays = {
            name: Stay(
                (1, NAMES.index(name)), "owner" if is_group and name == names[0] else "member"
            )
            for name in names
        }
        room = Room(id, is_group, self._now, stays)
        self.rooms.append(room)
        return room

    # ── steps ────────────────────────────────────────────────────────────────────────────────

    async def take(self, step: Step) -> None:
        """Do it on both sides, and compare the answers."""
        self._now += 1
        room = self.rooms[step.room % len(self.rooms)]
        message = room.said[-1 - step.message % len(room.said)] if room.said else None
        name = _pick(step.person, room.who_may(step.act, message) if step.is_allowed else [])
        if step.act == "dm":
            await self._open_dm(name, _pick(step.other, []))
        elif step.act == "send":
            await self._send(name, room)
        elif step.act in ("add", "remove", "leave"):
            others = [it for it in NAMES if (it in room.stays) == (step.act != "add")]
            other = _pick(step.other, others if step.is_allowed else [])
            await self._change_members(step.act, name, other, room)
        elif message is not None:
            await self._act_on(step.act, name, room, message)

    async def _open_dm(self, name: str, other: str) -> None:
        url = f"/api/conversations/dm/{self.people[other].user_id}"
        answer = await self.people[name].client.post(url)
        if name == other:
            assert answer.status_code == 400
            return
        known = [it for it in self.rooms if not it.is_group and {*it.stays} == {name, other}]
        assert answer.status_code == (OK if known else CREATED)
        room = (
            known[0]
            if known
            else self._begin_room(answer.json()["id"], (name, other), is_group=False)
        )
        assert answer.json()["id"] == room.id

    async def _send(self, name: str, room: Room) -> None:
        content = f"text {next(self._texts)}"
        answer = await self.people[name].send(room.id, content)
        assert answer.status_code == room.may_send(name)
        if answer.status_code == CREATED:
            body = answer.json()
            message = Said(body["id"], room.seq + 1, name, content, self._now)
            room.send(name, message)
            assert body["seq"] == message.seq
            assert (body["is_read"], body["read_by"]) == (False, [])

    async def _act_on(self, act: str, name: str, room: Room, message: Said) -> None:
        person = self.people[name]
        url = f"/api/conversations/{room.id}/messages/{message.id}"
        if act == "read":
            answer = await person.read(room.id, message.id)
            assert answer.status_code == room.read(name, message)
            if answer.status_code == OK:
                body = answer.json()
                assert body["message_id"] == message.id
                assert body["unread_count"] == room.unread(name)
        elif act == "delete":
            answer = await person.client.delete(url)
            assert answer.status_code == room.delete(name, message)
        else:
            content = f"text {next(self._texts)}"
            answer = await person.client.patch(url, json={"content": content})
            assert answer.status_code == room.edit(name, message, content)
            if answer.status_code == OK:
                self._compare_message(answer.json(), room.as_seen(message, name))

    async def _change_members(self, act: str, name: str, other: str, room: Room) -> None:
        person, subject = self.people[name], self.people[name if act == "leave" else other]
        url = f"/api/conversations/{room.id}/participants"
        answer = await _change(person.client, act, url, subject)
        if not room.is_group:
            assert answer.status_code == (400 if name in room.stays else REFUSED)
        elif act == "add":
            assert answer.status_code == room.add(name, other, NAMES.index(other))
        else:
            assert answer.status_code == room.remove(name, name if act == "leave" else other)

    # ── comparing ────────────────────────────────────────────────────────────────────────────

    async def compare(self) -> None:
        """Everything that everybody sees, and what they may not see."""
        await self._compare_lists()
        for room in self.rooms:
            await self._compare_messages(room)

    async def _compare_lists(self) -> None:
        for name, person in self.people.items():
            answer = await person.client.get("/api/conversations", params={"page_size": PAGE})
            body = answer.json()
            mine = [it for it in self.rooms if name in it.stays]
            mine.sort(key=lambda it: it.active_at, reverse=True)
            assert body["total"] == len(mine)
            assert [self._summary(it) for it in body["conversations"]] == [
                it.summary(name) for it in mine
            ]

    async def _compare_messages(self, room: Room) -> None:
        for name, person in self.people.items():
            url = f"/api/conversations/{room.id}/messages"
            answer = await person.client.get(url, params={"page_size": PAGE})
            if name not in room.stays:
                assert answer.status_code == REFUSED
                continue
            body = answer.json()
            expected = room.messages(name)
            assert [self._message(it) for it in body["messages"]] == expected
            assert (body["total"], body["has_next"]) == (len(expected), False)

    def _compare_message(self, body: dict[str, Any], expected: dict[str, Any]) -> None:
        assert self._message(body) == expected

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            **{key: body[key] for key in ("id", "seq", "content", "is_read")},
            "sender": self._names[body["sender_id"]],
            "read_by": {self._names[it] for it in body["read_by"]},
        }

    def _summary(self, body: dict[str, Any]) -> dict[str, Any]:
        last = body["last_message"]
        return {
            **{key: body[key] for key in ("id", "last_seq", "unread_count")},
            "last_message": self._message(last) if last else None,
            "participants": {
                self._names[it["user_id"]]: (it["role"], it["last_read_message_id"])
                for it in body["participants"]
            },
        }


def _pick(number: int, names: list[str]) -> str:
    """One of them; of all where there are none."""
    among = names or NAMES
    return among[number % len(among)]


async def _change(client: httpx.AsyncClient, act: str, url: str, subject: Person) -> httpx.Response:
    if act == "add":
        return await client.post(url, json={"user_id": str(subject.user_id)})
    return await client.delete(f"{url}/{subject.user_id}")
