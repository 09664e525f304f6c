"""Blocks that race: with themselves, with what is being sent, with conversations that begin."""

import asyncio

import httpx
import pytest

from tests.blocking.acts import unblock
from tests.people import Api, Person, Serve

ROUNDS = 5


def blocking(blocker: Person, other: Person) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(blocker.client.put(f"/api/blocks/{other.user_id}"))


async def test_of_blocks_that_race_one_is_made_and_the_others_say_so(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")

    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(blocking(alice, bob) for _ in range(8)))
        await unblock(alice, bob)

        assert sorted(it.status_code for it in answers) == [200] * 7 + [201]
        assert len({it.json()["blocked_at"] for it in answers}) == 1


@pytest.mark.parametrize("stack", ["full"])
async def test_nothing_sent_after_a_block_is_answered_arrives_from_any_instance(
    serve: Serve,
) -> None:
    here, there = await serve(rate_limits="off"), await serve(rate_limits="off")
    alice, bob = await here.people("alice", "bob")
    dm = await alice.dm(bob)
    urls = [f"{it.url}/api/conversations/{dm}/messages" for it in (here, there)]

    for _ in range(ROUNDS):
        done = blocking(alice, bob)
        early = [bob.client.post(urls[n % 2], json={"content": "early"}) for n in range(6)]
        racing = await asyncio.gather(*early)
        assert (await done).status_code == 201
        late = [bob.client.post(urls[n % 2], json={"content": "late"}) for n in range(6)]
        refused = await asyncio.gather(*late)
        listed = [it["content"] for it in await alice.messages(dm, limit=100)]
        await unblock(alice, bob)

        assert {it.status_code for it in racing} <= {201, 403}
        assert {it.status_code for it in refused} == {403}
        assert "late" not in listed


async def test_in_a_conversation_that_begins_while_they_block_nothing_passes(
    unlimited: Api,
) -> None:
    alice, bob, carol = await unlimited.people("alice", "bob", "carol")
    opener = f"/api/conversations/dm/{alice.user_id}"

    done = blocking(alice, bob)
    opened, group = await asyncio.gather(bob.client.post(opener), carol.group("club", alice, bob))
    assert (await done).status_code == 201

    if opened.status_code == 201:
        refused = await bob.send(opened.json()["id"], "hello")
        assert refused.json()["code"] == "cannot_message_user"
    sent = (await bob.send(group, "hello")).json()
    await alice.read(group, sent["id"])
    assert (await bob.messages(group))[0]["read_by"] == []
    assert (await alice.messages(group))[0]["is_from_blocked"] is True
