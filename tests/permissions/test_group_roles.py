"""One table: what each role in a group may do, tried by everybody through the API.

The database itself says whether a refused act has changed anything.
"""

from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import select

from fynix_server.permissions import GROUP_ROLES, GroupAct
from fynix_server.tables import Conversation, ConversationEvent, ConversationParticipant
from tests.people import Api, Person
from tests.staff import promoted

ROLES = ("owner", "admin", "member")
WHO = (*ROLES, "former", "outsider")
TABLE: dict[GroupAct, set[str]] = {
    GroupAct.RENAME: {"owner", "admin"},
    GroupAct.ADD: {"owner", "admin"},
    GroupAct.REMOVE_MEMBER: {"owner", "admin"},
    GroupAct.REMOVE_ADMIN: {"owner"},
    GroupAct.REMOVE_OWNER: set(),
    GroupAct.CHANGE_ROLE: {"owner"},
    GroupAct.TRANSFER: {"owner"},
    GroupAct.LEAVE: {"owner", "admin", "member"},
}


class Try(NamedTuple):
    """A request about `whom`; None: whoever asks."""

    method: str
    path: str = "/participants/{whom}"
    whom: str | None = None
    body: dict[str, str] | None = None


TRIES: dict[GroupAct, list[Try]] = {
    GroupAct.RENAME: [
        Try("PATCH", "", body={"name": "another"}),
        Try("PATCH", "", body={"description": "another"}),
    ],
    GroupAct.ADD: [
        Try("POST", "/participants", body={"user_id": "{newcomer}"}),
        Try("POST", "/participants", body={"user_id": "{former}"}),
    ],
    GroupAct.REMOVE_MEMBER: [Try("DELETE", whom="second_member")],
    GroupAct.REMOVE_ADMIN: [Try("DELETE", whom="second_admin")],
    GroupAct.REMOVE_OWNER: [Try("DELETE", whom="owner")],
    GroupAct.CHANGE_ROLE: [
        Try("PATCH", whom="second_member", body={"role": "admin"}),
        Try("PATCH", whom="second_admin", body={"role": "member"}),
        # Of themselves: nobody raises or lowers their own role.
        Try("PATCH", whom="admin", body={"role": "member"}),
        Try("PATCH", whom="member", body={"role": "admin"}),
    ],
    GroupAct.TRANSFER: [
        Try("PATCH", whom="second_member", body={"role": "owner"}),
        Try("PATCH", whom="admin", body={"role": "owner"}),
        Try("PATCH", whom="member", body={"role": "owner"}),
    ],
    GroupAct.LEAVE: [Try("DELETE")],
}
REFUSALS = {"not_an_admin", "not_the_owner", "owner_cannot_be_removed"}


def test_the_table_is_that_of_the_server_and_leaves_nothing_out() -> None:
    assert {act: set(allowed) for act, allowed in GROUP_ROLES.items()} == TABLE
    assert TRIES.keys() == TABLE.keys() == set(GroupAct)


class Scene:
    """A group with one of each role, two who have it too, and people who are not in it."""

    def __init__(self, api: Api, people: dict[str, Person]) -> None:
        self._api = api
        self.people = people
        self.group = ""

    async def set_up(self) -> None:
        people = self.people
        inside = ("admin", "member", "second_admin", "second_member", "former")
        owner = people["owner"]
        self.group = await owner.group("group", *(people[it] for it in inside))
        for name in ("admin", "second_admin"):
            await self._expect(owner, Try("PATCH", whom=name, body={"role": "admin"}), 200)
        await self._expect(people["former"], Try("DELETE"), 204)

    async def _expect(self, actor: Person, wanted: Try, status: int) -> None:
        answer = await self.ask(actor, wanted)
        assert answer.status_code == status, answer.text

    async def ask(self, actor: Person, wanted: Try) -> httpx.Response:
        ids = {name: str(person.user_id) for name, person in self.people.items()}
        whom = ids[wanted.whom] if wanted.whom else str(actor.user_id)
        url = f"/api/conversations/{self.group}{wanted.path.format(whom=whom)}"
        body = {name: text.format(**ids) for name, text in (wanted.body or {}).items()}
        return await actor.client.request(wanted.method, url, json=body or None)

    async def stored(self) -> list[Any]:
        """Everything that there is of groups."""
        rows: list[Any] = []
        async with self._api.resources.database.read() as connection:
            for table in (Conversation, ConversationParticipant, ConversationEvent):
                found = await connection.execute(select(table.__table__))
                rows += sorted((tuple(row) for row in found), key=repr)
        return rows


@pytest.fixture
async def scene(unlimited: Api) -> Scene:
    names = (*WHO, "second_admin", "second_member", "newcomer")
    people = dict(zip(names, await unlimited.people(*names), strict=True))
    scene = Scene(unlimited, people)
    await scene.set_up()
    return scene


@pytest.mark.parametrize("act", GroupAct)
async def test_an_act_is_refused_to_all_but_the_roles_of_the_table_and_changes_nothing(
    scene: Scene, act: GroupAct
) -> None:
    refused = [it for it in WHO if it not in TABLE[act]]
    if act is GroupAct.REMOVE_OWNER:
        refused.remove("owner")  # who removes themselves leaves
    before = await scene.stored()

    for who in refused:
        for wanted in TRIES[act]:
            answer = await scene.ask(scene.people[who], wanted)
            expected = REFUSALS if who in ROLES else {"not_a_participant"}
            assert answer.status_code == 403, (who, wanted, answer.text)
            assert answer.json()["code"] in expected, (who, wanted)

    assert await scene.stored() == before


@pytest.mark.parametrize("act", [it for it in GroupAct if TABLE[it]])
async def test_an_act_is_done_by_each_role_of_the_table(scene: Scene, act: GroupAct) -> None:
    for who in sorted(TABLE[act]):
        for wanted in TRIES[act]:
            await scene.set_up()
            before = await scene.stored()

            answer = await scene.ask(scene.people[who], wanted)

            assert answer.status_code in (200, 201, 204), (who, wanted, answer.text)
            assert await scene.stored() != before, (who, wanted)


@pytest.mark.parametrize("role", ["moderator", "admin"])
async def test_a_role_on_the_server_gives_none_in_a_group(
    scene: Scene, unlimited: Api, role: str
) -> None:
    person = await promoted(unlimited, "staff", role)
    before = await scene.stored()

    answers = [await scene.ask(person, it) for tries in TRIES.values() for it in tries]

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, "not_a_participant")}
    assert await scene.stored() == before
