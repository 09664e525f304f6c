"""A block: nothing passes between two people any more, and the blocked one cannot tell why."""

from typing import Any
from uuid import uuid4

import pytest

from tests.blocking.acts import block, unblock
from tests.people import Api, Person, Serve


async def contents(person: Person, conversation: str) -> list[str]:
    return [it["content"] for it in await person.messages(conversation)]


async def test_the_blocked_cannot_write_and_nothing_is_stored(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await bob.send(dm, "before")
    live = await alice.live()

    await block(alice, bob)
    refused = await bob.send(dm, "after")
    await live.barrier()

    assert (refused.status_code, refused.json()["code"]) == (403, "cannot_message_user")
    assert live.seen("new_message") == []
    assert await contents(alice, dm) == ["before"]
    assert await contents(bob, dm) == ["before"]


async def test_over_the_socket_it_is_refused_as_well(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await bob.live()
    await block(alice, bob)

    await live.send(type="send_message", ref="r", conversation_id=dm, content="hello")
    answer = await live.expect_answer("r")

    assert (answer["error"], answer["status_code"]) == ("cannot_message_user", 403)


async def test_who_blocks_cannot_write_either_until_they_unblock(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    await block(alice, bob)
    refused = await alice.send(dm, "and another thing")
    await unblock(alice, bob)
    sent = await alice.send(dm, "hello again")

    assert (refused.status_code, refused.json()["code"]) == (403, "user_blocked")
    assert sent.status_code == 201


async def test_unblocking_delivers_nothing_from_the_past(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await block(alice, bob)
    await bob.send(dm, "while blocked")

    await unblock(alice, bob)
    live = await alice.live()
    await bob.send(dm, "after")

    assert (await live.expect("new_message"))["message"]["content"] == "after"
    assert await contents(alice, dm) == ["after"]


async def test_a_refusal_of_a_block_is_that_of_any_other_privacy(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await block(alice, bob)
    answer = await carol.client.patch("/api/users/me", json={"accepts_new_dms": False})
    assert answer.json()["accepts_new_dms"] is False

    by_block = await bob.client.post(f"/api/conversations/dm/{alice.user_id}")
    by_wish = await bob.client.post(f"/api/conversations/dm/{carol.user_id}")

    told = {"detail", "status_code", "code"}
    assert by_block.status_code == 403
    assert {key: by_block.json()[key] for key in told} == {key: by_wish.json()[key] for key in told}


async def test_who_wants_no_new_dms_goes_on_with_the_old_ones(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = await alice.dm(bob)

    await bob.client.patch("/api/users/me", json={"accepts_new_dms": False})

    assert (await alice.send(dm, "hello")).status_code == 201
    assert await alice.dm(bob) == dm
    refused = await carol.client.post(f"/api/conversations/dm/{bob.user_id}")
    assert refused.status_code == 403
    assert await bob.dm(carol)


async def test_no_typing_and_no_receipts_pass_either_way(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    of_alice = (await alice.send(dm, "from alice")).json()["id"]
    of_bob = (await bob.send(dm, "from bob")).json()["id"]
    await block(alice, bob)
    lives = [await alice.live(), await bob.live()]

    await bob.read(dm, of_bob)
    await alice.read(dm, of_bob)
    for live in lives:
        await live.send(type="typing", conversation_id=dm, is_typing=True)
        await live.barrier()
    for live in lives:
        await live.barrier()

    assert [live.seen("typing") for live in lives] == [[], []]
    assert [it["user_id"] for it in lives[1].seen("message_read")] == []
    shown = {it["id"]: it for it in await bob.messages(dm)}
    assert shown[of_bob]["is_read"] is False
    # What was read before the block stays so: a mark that vanished would tell of it.
    assert {it["id"]: it["is_read"] for it in await alice.messages(dm)}[of_alice] is True
    markers = await markers_of(bob, dm)
    assert markers[str(alice.user_id)] == of_alice


async def markers_of(viewer: Person, conversation: str) -> dict[str, str | None]:
    answer = await viewer.client.get(f"/api/conversations/{conversation}")
    participants = answer.json()["participants"]
    return {it["user_id"]: it["last_read_message_id"] for it in participants}


async def test_after_unblocking_reading_is_seen_again(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await bob.send(dm, "seen?")).json()["id"]
    await block(alice, bob)
    await alice.read(dm, message)

    before = [it["is_read"] for it in await bob.messages(dm)]
    await unblock(alice, bob)
    after = [it["is_read"] for it in await bob.messages(dm)]

    assert (before, after) == ([False], [True])


async def test_an_edit_does_not_get_past_a_block(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await bob.send(dm, "hello")).json()["id"]
    await block(alice, bob)

    url = f"/api/conversations/{dm}/messages/{message}"
    refused = await bob.client.patch(url, json={"content": "something nasty"})

    assert (refused.status_code, refused.json()["code"]) == (403, "cannot_message_user")
    assert await contents(alice, dm) == ["hello"]


async def test_a_retry_of_what_was_stored_before_the_block_is_answered(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    first = await bob.send(dm, "hello", client_message_id="k")
    await block(alice, bob)

    again = await bob.send(dm, "hello", client_message_id="k")
    other = await bob.send(dm, "another", client_message_id="l")

    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert other.status_code == 403


@pytest.mark.parametrize("stack", ["full"])
async def test_on_another_instance_it_holds_at_once(serve: Serve) -> None:
    here, there = await serve(), await serve()
    alice, bob = await here.people("alice", "bob")
    dm = await alice.dm(bob)
    url = f"{there.url}/api/conversations/{dm}/messages"
    sent = await bob.client.post(url, json={"content": "one"})

    await block(alice, bob)
    refused = await bob.client.post(url, json={"content": "two"})

    assert sent.status_code == 201
    assert refused.status_code == 403


async def test_blocks_are_listed_by_name_page_by_page_and_are_nobody_elses(api: Api) -> None:
    alice, bob, carol, dave = await api.people("alice", "bob", "carol", "dave")
    for other in (dave, bob, carol):
        await block(alice, other)

    async def page(person: Person, **query: Any) -> dict[str, Any]:
        answer = await person.client.get("/api/blocks", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    first = await page(alice, limit=2)
    second = await page(alice, limit=2, after=first["next_after"])

    assert [it["username"] for it in first["blocks"]] == ["bob", "carol"]
    assert [it["username"] for it in second["blocks"]] == ["dave"]
    assert second["next_after"] is None
    assert (await page(bob))["blocks"] == []


async def test_what_cannot_be_blocked_is_refused(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    first = await block(alice, bob)
    again = await block(alice, bob)

    oneself = await alice.client.put(f"/api/blocks/{alice.user_id}")
    nobody = await alice.client.put(f"/api/blocks/{uuid4()}")
    not_blocked = await bob.client.delete(f"/api/blocks/{alice.user_id}")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (oneself.status_code, oneself.json()["code"]) == (400, "blocking_oneself")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "user_not_found")
    assert (not_blocked.status_code, not_blocked.json()["code"]) == (404, "block_not_found")
