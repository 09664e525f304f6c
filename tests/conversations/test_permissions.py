"""Who may do what with a conversation, as one table."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from fynix_server.tables import ConversationParticipant
from tests.people import Api, Person

ROLES = ("owner", "admin", "member", "left", "stranger")
NAMES = (*ROLES, "victim", "second", "newcomer")

# What is tried, whom it concerns, and the answer to each of ROLES in turn. "second" is another
# admin, "victim" another member. An owner who removes the owner leaves.
TABLE = [
    ("read it", None, (200, 200, 200, 403, 403)),
    ("read its log", None, (200, 200, 200, 403, 403)),
    ("rename it", None, (200, 200, 403, 403, 403)),
    ("add", "newcomer", (201, 201, 403, 403, 403)),
    ("add", "left", (201, 201, 403, 403, 403)),
    ("add", "victim", (409, 409, 403, 403, 403)),
    ("remove", "victim", (204, 204, 403, 403, 403)),
    ("remove", "second", (204, 403, 403, 403, 403)),
    ("remove", "owner", (204, 403, 403, 403, 403)),
    ("remove", "newcomer", (404, 404, 403, 403, 403)),
    ("leave", None, (204, 204, 204, 403, 403)),
]


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_do_what(api: Api, role: str) -> None:
    people = await _people(api)
    column = ROLES.index(role)

    answers = {}
    for what, whom, _ in TABLE:
        group = await _staffed_group(api, people)
        concerned = people[whom] if whom else None
        answers[what, whom] = (await _try(people[role], group, what, concerned)).status_code

    assert answers == {(what, whom): statuses[column] for what, whom, statuses in TABLE}


async def _people(api: Api) -> dict[str, Person]:
    return dict(zip(NAMES, await api.people(*NAMES), strict=True))


async def _try(
    actor: Person, conversation_id: str, what: str, concerned: Person | None = None
) -> httpx.Response:
    url = f"/api/conversations/{conversation_id}"
    target = str((concerned or actor).user_id)
    match what:
        case "read it":
            return await actor.client.get(url)
        case "read its log":
            return await actor.client.get(f"{url}/events")
        case "rename it":
            return await actor.client.patch(url, json={"name": "new"})
        case "add":
            return await actor.client.post(f"{url}/participants", json={"user_id": target})
        case _:
            return await actor.client.delete(f"{url}/participants/{target}")


async def _staffed_group(api: Api, people: dict[str, Person]) -> str:
    """A group with one of each role; `left` has left it, `newcomer` was never there."""
    insiders = [people[it] for it in ("admin", "member", "left", "victim", "second")]
    group = await people["owner"].group("group", *insiders)
    async with api.resources.database.write() as connection:
        admins = [people[it].user_id for it in ("admin", "second")]
        are_admins = ConversationParticipant.user_id.in_(admins)
        await connection.execute(
            update(ConversationParticipant).where(are_admins).values(role="admin")
        )
    assert (await _try(people["left"], group, "leave")).status_code == 204
    return group


async def test_an_owner_who_leaves_hands_on_to_the_admin_there_longest(api: Api) -> None:
    people = await _people(api)
    group = await _staffed_group(api, people)

    await _try(people["owner"], group, "leave")

    seen = (await _try(people["member"], group, "read it")).json()
    owners = [it["username"] for it in seen["participants"] if it["role"] == "owner"]
    assert owners == ["admin"]


REQUESTS = ("read it", "read its log", "rename it", "add", "remove", "leave")


async def test_what_does_not_exist_is_not_found(api: Api) -> None:
    alice = await api.register("alice")

    answers = [await _try(alice, str(uuid4()), it) for it in REQUESTS]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [
        (404, "conversation_not_found")
    ] * len(REQUESTS)


async def test_nothing_is_for_people_without_a_token(api: Api) -> None:
    alice = await api.register("alice")
    group = await alice.group("group")
    del alice.client.headers["Authorization"]

    answers = [await _try(alice, group, it) for it in REQUESTS]
    answers.append(await alice.client.get("/api/conversations"))
    answers.append(await alice.client.post("/api/conversations", json={"name": "mine"}))
    answers.append(await alice.client.post(f"/api/conversations/dm/{uuid4()}"))

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(401, "not_authenticated")}
