"""Blocks and reading: receipts pass in neither direction, and no mark ever moves back."""

from typing import Any

from tests.blocking.acts import block, unblock
from tests.conversations.roles import remove
from tests.people import Api, Person


async def seen_by(viewer: Person, conversation: str, reader: Person) -> tuple[str | None, set[str]]:
    """How far `viewer` sees that `reader` has read: by their mark, and by messages' `read_by`."""
    answer = await viewer.client.get(f"/api/conversations/{conversation}")
    people = {it["user_id"]: it for it in answer.json()["participants"]}
    listed = await viewer.messages(conversation)
    read = {it["id"] for it in listed if str(reader.user_id) in it["read_by"]}
    mark: str | None = people[str(reader.user_id)]["last_read_message_id"]
    return mark, read


async def said(person: Person, conversation: str, content: str) -> str:
    sent: dict[str, Any] = (await person.send(conversation, content)).json()
    return str(sent["id"])


async def test_where_they_meet_after_the_block_neither_sees_the_other_read(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await block(alice, bob)
    together = await carol.group("both from the start", alice, bob)
    added = await carol.group("one after the other", alice)
    url = f"/api/conversations/{added}/participants"
    await carol.client.post(url, json={"user_id": str(bob.user_id)})

    for group in (together, added):
        messages = [await said(it, group, "hello") for it in (alice, bob, carol)]
        for reader in (alice, bob):
            await reader.read(group, messages[-1])

        assert await seen_by(bob, group, alice) == (None, set())
        assert await seen_by(alice, group, bob) == (None, set())
        assert await seen_by(carol, group, alice) == (messages[-1], set(messages[1:]))


async def test_a_second_block_moves_no_mark_back(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await carol.group("club", alice, bob)
    await block(alice, bob)
    message = await said(carol, group, "read it?")
    await alice.read(group, message)
    before = await seen_by(carol, group, alice)

    await block(alice, carol)
    await alice.read(group, await said(carol, group, "and this?"))

    assert before == (message, {message})
    assert await seen_by(carol, group, alice) == before


async def test_a_block_that_ended_while_one_was_away_leaves_no_mark_behind(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await carol.group("club", alice, bob)
    await block(alice, bob)
    await remove(bob, group, bob)
    await unblock(alice, bob)
    url = f"/api/conversations/{group}/participants"
    await carol.client.post(url, json={"user_id": str(bob.user_id)})
    message = await said(bob, group, "read it?")
    await alice.read(group, message)

    await block(alice, bob)

    assert await seen_by(bob, group, alice) == (message, {message})


async def test_of_two_blocks_the_second_unblocking_ends_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = await said(bob, dm, "read it?")
    await block(alice, bob)
    await block(bob, alice)
    await alice.read(dm, message)

    await unblock(alice, bob)
    while_one_stands = await seen_by(bob, dm, alice)
    await unblock(bob, alice)

    assert while_one_stands == (None, set())
    assert await seen_by(bob, dm, alice) == (message, {message})


async def test_who_joins_anew_tells_nobody_how_far_they_had_read(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await carol.group("club", alice, bob)
    live = await bob.live()
    await block(alice, bob)
    await alice.read(group, await said(bob, group, "read it?"))
    await remove(alice, group, alice)

    url = f"/api/conversations/{group}/participants"
    await carol.client.post(url, json={"user_id": str(alice.user_id)})

    told = (await live.expect("participant_added"))["participant"]
    assert (told["username"], told["last_read_message_id"]) == ("alice", None)
