"""Conversations of two: one for each pair, however it is asked for."""

import asyncio
from uuid import uuid4

from sqlalchemy import func, select

from fynix_server.tables import Conversation, ConversationEvent
from tests.people import Api


async def test_the_first_call_creates_the_dm_and_the_second_returns_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")

    first = await alice.client.post(f"/api/conversations/dm/{bob.user_id}")
    again = await alice.client.post(f"/api/conversations/dm/{bob.user_id}")
    from_bob = await bob.client.post(f"/api/conversations/dm/{alice.user_id}")

    assert [it.status_code for it in (first, again, from_bob)] == [201, 200, 200]
    assert first.json() == again.json() == from_bob.json()
    conversation = first.json()
    assert conversation["is_group"] is False
    assert conversation["name"] is None
    assert conversation["last_message"] is None
    assert conversation["unread_count"] == 0
    assert conversation["last_seq"] == 1
    people = {it["username"]: it for it in conversation["participants"]}
    assert people.keys() == {"alice", "bob"}
    assert people["bob"]["user_id"] == str(bob.user_id)
    assert {it["role"] for it in people.values()} == {"member"}


async def test_twenty_racing_creates_give_one_conversation(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    askers = [(alice, bob), (bob, alice)] * 10

    answers = await asyncio.gather(
        *(one.client.post(f"/api/conversations/dm/{other.user_id}") for one, other in askers)
    )

    assert sorted(it.status_code for it in answers) == [200] * 19 + [201]
    assert len({it.json()["id"] for it in answers}) == 1
    async with api.resources.database.read() as connection:
        for table in (Conversation, ConversationEvent):
            count = select(func.count()).select_from(table)
            assert (await connection.execute(count)).scalar_one() == 1


async def test_a_dm_needs_somebody_else_who_exists(api: Api) -> None:
    alice = await api.register("alice")

    with_herself = await alice.client.post(f"/api/conversations/dm/{alice.user_id}")
    with_nobody = await alice.client.post(f"/api/conversations/dm/{uuid4()}")

    assert (with_herself.status_code, with_herself.json()["code"]) == (400, "dm_with_oneself")
    assert (with_nobody.status_code, with_nobody.json()["code"]) == (404, "user_not_found")
    assert (await alice.client.get("/api/conversations")).json()["total"] == 0


async def test_malformed_ids_are_refused_by_name(api: Api) -> None:
    alice = await api.register("alice")

    for bad_id in ("bob", "123", "%00", "{" + "0" * 32 + "}", "x" * 36):
        answer = await alice.client.post(f"/api/conversations/dm/{bad_id}")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
        assert answer.json()["errors"][0]["field"] == "path"


async def test_a_dm_cannot_be_renamed_joined_or_left(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = f"/api/conversations/{await alice.dm(bob)}"

    answers = [
        await alice.client.patch(dm, json={"name": "ours"}),
        await alice.client.post(f"{dm}/participants", json={"user_id": str(carol.user_id)}),
        await alice.client.delete(f"{dm}/participants/{alice.user_id}"),
        await alice.client.delete(f"{dm}/participants/{bob.user_id}"),
    ]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [(400, "not_a_group")] * 4
    unchanged = (await bob.client.get(dm)).json()
    assert unchanged["name"] is None
    assert len(unchanged["participants"]) == 2
