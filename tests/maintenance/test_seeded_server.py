"""A running server on a seeded database: it reads it and goes on writing as in any other."""

from contextlib import AsyncExitStack

import httpx
import pytest

from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.maintenance.seed_plan import SeedConversation, SeedPerson, SeedPlan
from fynix_server.maintenance.seeding import seed_database
from fynix_server.settings import Settings
from tests.maintenance.conftest import Told
from tests.people import PASSWORD, Api, Person


@pytest.fixture
async def seeded(api: Api, settings: Settings, plan: SeedPlan) -> Api:
    """A server that was running when its database was seeded."""
    password_hash = await PasswordHasher(settings).hash(PASSWORD)
    await seed_database(settings, plan, password_hash, Told())
    return api


def account(plan: SeedPlan, number: int, conversation: SeedConversation) -> SeedPerson:
    """Member `number` of it."""
    return next(it for it in plan.people if it.id == conversation.members[number])


def longest_dm(plan: SeedPlan) -> SeedConversation:
    pairs = (it for it in plan.conversations if it.group_name is None)
    return max(pairs, key=lambda it: it.message_count)


async def test_seeded_people_read_their_conversations(seeded: Api, plan: SeedPlan) -> None:
    async with AsyncExitStack() as stack:
        dm = longest_dm(plan)
        person = await log_in(seeded, stack, account(plan, 0, dm))

        listed = (await person.client.get("/api/conversations", params={"page_size": 100})).json()

        mine = {str(it.id) for it in plan.conversations if person.user_id in it.members}
        assert {it["id"] for it in listed["conversations"]} == mine
        assert listed["total"] == len(mine)
        messages = await person.messages(str(dm.id), page_size=100)
        assert len(messages) == min(dm.message_count, 100)
        assert messages[0]["seq"] == dm.message_count + 1


async def test_opening_a_seeded_dm_finds_it(seeded: Api, plan: SeedPlan) -> None:
    async with AsyncExitStack() as stack:
        dm = longest_dm(plan)
        person = await log_in(seeded, stack, account(plan, 0, dm))

        answer = await person.client.post(f"/api/conversations/dm/{dm.members[1]}")

        assert answer.status_code == 200
        assert answer.json()["id"] == str(dm.id)


async def test_the_log_begins_with_who_was_there(seeded: Api, plan: SeedPlan) -> None:
    async with AsyncExitStack() as stack:
        dm = longest_dm(plan)
        person = await log_in(seeded, stack, account(plan, 0, dm))

        answer = await person.client.get(f"/api/conversations/{dm.id}/events?limit=3")

        events = answer.json()["events"]
        assert [it["type"] for it in events] == [
            "conversation_created",
            "new_message",
            "new_message",
        ]
        assert [it["seq"] for it in events] == [1, 2, 3]
        there = {it["user_id"] for it in events[0]["conversation"]["participants"]}
        assert there == {str(it) for it in dm.members}


async def test_what_is_sent_takes_the_next_number_and_arrives(seeded: Api, plan: SeedPlan) -> None:
    async with AsyncExitStack() as stack:
        dm = longest_dm(plan)
        alice = await log_in(seeded, stack, account(plan, 0, dm))
        bob = await log_in(seeded, stack, account(plan, 1, dm))
        live = await bob.live()

        sent = await alice.send(str(dm.id), "still here?")

        frame = await live.expect("new_message", conversation_id=str(dm.id))
        assert sent.status_code == 201
        assert frame["seq"] == sent.json()["seq"] == dm.message_count + 2
        assert frame["message"]["content"] == "still here?"


async def test_without_a_password_nobody_can_log_in(
    api: Api, settings: Settings, plan: SeedPlan
) -> None:
    await seed_database(settings, plan, None, Told())

    for password in ("!", PASSWORD):
        body = {"username": plan.people[0].username, "password": password}
        answer = await api.client.post("/api/auth/login", json=body)
        assert answer.status_code == 401


async def log_in(api: Api, stack: AsyncExitStack, account: SeedPerson) -> Person:
    body = {"username": account.username, "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=api.url, timeout=10))
    return Person(api, client, answer.json())
