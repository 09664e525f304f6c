"""One table: who may do what to a conversation, its messages and a login, by REST and by socket.

What the roles of a group may do to one another: tests/conversations/test_permissions.py.
"""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from fynix_server.tables import Conversation, ConversationParticipant, Message, Session
from tests.people import Api, Person

WHO = ("stranger", "outsider", "former", "member", "sender", "nowhere")
"""Without a token; in other conversations; gone from this one; in it; who wrote the message;
and the sender again, but naming a conversation that does not exist."""

CONVERSATION = "/api/conversations/{conversation}"
MESSAGE = CONVERSATION + "/messages/{message}"
TABLE: dict[tuple[str, str], tuple[int, int, int, int, int, int]] = {
    ("GET", CONVERSATION): (401, 403, 403, 200, 200, 404),
    ("PATCH", CONVERSATION): (401, 403, 403, 403, 200, 404),
    ("GET", CONVERSATION + "/messages"): (401, 403, 403, 200, 200, 404),
    ("GET", CONVERSATION + "/events"): (401, 403, 403, 200, 200, 404),
    ("POST", CONVERSATION + "/messages"): (401, 403, 403, 201, 201, 404),
    ("PATCH", CONVERSATION + "/read"): (401, 403, 403, 200, 200, 404),
    ("PATCH", MESSAGE): (401, 403, 403, 403, 200, 404),
    ("DELETE", MESSAGE): (401, 403, 403, 403, 204, 404),
    ("DELETE", "/api/auth/sessions/{session}"): (401, 404, 404, 404, 204, 204),
}
BODIES: dict[tuple[str, str], dict[str, str]] = {
    ("PATCH", CONVERSATION): {"name": "another name"},
    ("POST", CONVERSATION + "/messages"): {"content": "one more"},
    ("PATCH", CONVERSATION + "/read"): {"message_id": "{message}"},
    ("PATCH", MESSAGE): {"content": "another text"},
}
COMMANDS: dict[str, dict[str, Any]] = {
    "typing": {"is_typing": True},
    "mark_read": {"message_id": "{message}"},
    "send_message": {"content": "by socket", "ref": "r"},
    "resume": {"ref": "r"},
}


class Scene:
    """A group with a message in it, and everybody who may or may not touch them."""

    def __init__(self, api: Api, people: list[Person]) -> None:
        self.api = api
        self.sender, self.member, self.former, self.outsider = people
        self.names: dict[str, str] = {}

    async def set_up(self) -> None:
        group = await self.sender.group("club", self.member, self.former)
        message = (await self.sender.send(group, "the message")).json()
        url = f"/api/conversations/{group}/participants/{self.former.user_id}"
        assert (await self.sender.client.delete(url)).status_code == 204
        body = {"username": "sender", "password": self.sender.password}
        other = (await self.api.client.post("/api/auth/login", json=body)).json()
        session = self.api.resources.tokens.verify(other["access_token"]).session_id
        self.names = {
            "conversation": group,
            "message": message["id"],
            "session": str(session),
        }

    def named(self, who: str) -> dict[str, str]:
        return self.names | ({"conversation": str(uuid4())} if who == "nowhere" else {})

    def client(self, who: str) -> httpx.AsyncClient:
        return self.api.client if who == "stranger" else self.person(who).client

    def person(self, who: str) -> Person:
        people = {
            "outsider": self.outsider,
            "former": self.former,
            "member": self.member,
            "sender": self.sender,
            "nowhere": self.sender,
        }
        return people[who]

    async def stored(self) -> list[Any]:
        """Everything that a forbidden act might have changed."""
        rows: list[Any] = []
        async with self.api.resources.database.read() as connection:
            for query in (
                select(Message.id, Message.content, Message.is_deleted).order_by(Message.id),
                select(Conversation.id, Conversation.name, Conversation.last_seq),
                select(
                    ConversationParticipant.user_id,
                    ConversationParticipant.is_active,
                    ConversationParticipant.last_read_seq,
                ).order_by(ConversationParticipant.user_id),
                select(Session.id, Session.revoked_at).order_by(Session.id),
            ):
                rows += [tuple(row) for row in await connection.execute(query)]
        return rows


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = Scene(api, await api.people("sender", "member", "former", "outsider"))
    await scene.set_up()
    return scene


def _filled(fields: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in fields.items()
    }


@pytest.mark.parametrize("act", TABLE, ids=" ".join)
async def test_each_act_is_answered_as_the_table_says_and_a_refused_one_changes_nothing(
    scene: Scene, act: tuple[str, str]
) -> None:
    method, path = act

    for who, expected in zip(WHO, TABLE[act], strict=True):
        # What an earlier row did to the message must not decide what this one meets.
        if expected < 300 and method == "DELETE" and who == "nowhere":
            continue
        names = scene.named(who)
        before = await scene.stored()
        body = _filled(BODIES[act], names) if act in BODIES else None
        answer = await scene.client(who).request(method, path.format(**names), json=body)
        assert answer.status_code == expected, (who, answer.text)
        if expected >= 400:
            assert answer.json()["status_code"] == expected
            assert await scene.stored() == before, who


@pytest.mark.parametrize("command", COMMANDS)
async def test_each_command_over_a_socket_is_refused_to_whoever_is_not_in_the_conversation(
    scene: Scene, command: str
) -> None:
    expected = {"outsider": 403, "former": 403, "nowhere": 404, "member": None}

    for who, status in expected.items():
        names = scene.named(who)
        fields = _filled(COMMANDS[command], names)
        if command == "resume":
            fields["cursors"] = {names["conversation"]: 0}
        else:
            fields["conversation_id"] = names["conversation"]
        live = await scene.person(who).live()
        before = await scene.stored()
        await live.send(type=command, **fields)
        if status is not None:
            error = await live.expect("error")
            assert (error["code"], error["status_code"]) == (4004, status)
            assert await scene.stored() == before, who
        elif command == "send_message":
            await live.expect("ack", ref="r")
        await live.barrier()
        assert live.seen("error") == []
