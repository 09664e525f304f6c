"""A held message is decided about once, by somebody else, as it was seen, and as it may arrive."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from fynix_server.tables import Conversation, HeldMessage, Message
from tests.held_messages.scene import (
    broken,
    decide,
    hold_all_of,
    listed,
    stored,
)
from tests.people import Api, Serve
from tests.staff import audited, promoted


async def test_deciding_twice_is_refused(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    held = [(await alice.send(dm, text)).json()["id"] for text in ("one", "two")]

    for message, first in zip(held, ("release", "reject"), strict=True):
        assert (await decide(moderator, first, message)).status_code == 200
        for verb in ("release", "reject"):
            again = await decide(moderator, verb, message)
            assert (again.status_code, again.json()["code"]) == (409, "already_so")
    assert [it["content"] for it in await bob.messages(dm)] == ["one"]
    assert [it.action for it in await audited(api)] == ["held.release", "held.reject"]


async def test_of_many_who_decide_at_once_on_two_instances_exactly_one_does(serve: Serve) -> None:
    here, there = await serve(), await serve()
    moderators = [await promoted(here, f"mod{number}", "moderator") for number in range(4)]
    alice, bob = await here.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(here, alice)
    message = (await alice.send(dm, "hm")).json()["id"]

    async def decided(number: int) -> tuple[int, str]:
        moderator, verb = moderators[number % 4], ("release", "reject")[number % 2]
        answer = await (here, there)[number // 4 % 2].client.post(
            f"/api/admin/held/{message}/{verb}",
            json={"reason": "quick"},
            headers={"Authorization": f"Bearer {moderator.access_token}"},
        )
        return answer.status_code, verb

    answers = await asyncio.gather(*(decided(number) for number in range(8)))

    (winner,) = [verb for status, verb in answers if status == 200]
    assert sorted(status for status, _ in answers) == [200] + [409] * 7
    assert len(await bob.messages(dm)) == (1 if winner == "release" else 0)
    assert [it.action for it in await audited(here)] == [f"held.{winner}"]
    assert await broken(here) == set()


async def test_its_sender_deletes_it_while_it_is_decided_about(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    messages = [(await alice.send(dm, f"n{number}")).json()["id"] for number in range(6)]

    outcomes = await asyncio.gather(
        *(decide(moderator, "release", it) for it in messages),
        *(alice.client.delete(f"/api/conversations/{dm}/messages/{it}") for it in messages),
    )

    released = sum(it.status_code == 200 for it in outcomes[:6])
    assert {it.status_code for it in outcomes[6:]} == {204}
    assert {it.json().get("code") for it in outcomes[:6]} <= {None, "held_message_deleted"}
    assert len(await bob.messages(dm)) == released
    statuses = [status for (status,) in await stored(api, HeldMessage.status)]
    assert sorted(statuses) == ["released"] * released + ["withdrawn"] * (6 - released)
    assert await broken(api) == set()


async def test_what_its_sender_deleted_waits_no_more(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    message = (await alice.send(dm, "oops")).json()["id"]

    await alice.client.delete(f"/api/conversations/{dm}/messages/{message}")
    refused = [await decide(moderator, verb, message) for verb in ("release", "reject")]

    assert await listed(moderator) == []
    assert [it["message_id"] for it in await listed(moderator, status="withdrawn")] == [message]
    assert {(it.status_code, it.json()["code"]) for it in refused} == {
        (409, "held_message_deleted")
    }


async def test_what_waits_cannot_be_edited_so_that_what_was_seen_is_let_through(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    message = (await alice.send(dm, "harmless")).json()["id"]

    url = f"/api/conversations/{dm}/messages/{message}"
    refused = await alice.client.patch(url, json={"content": "harmful"})

    assert (refused.status_code, refused.json()["code"]) == (403, "edit_refused")
    assert await stored(api, Message.content) == [("harmless",)]


@pytest.mark.parametrize("why", ["sender_left", "sender_blocked", "release_into_frozen"])
async def test_what_keeps_its_sender_from_writing_now_keeps_it_from_arriving(
    api: Api, why: str
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    place = await carol.group("club", alice, bob) if why == "sender_left" else await alice.dm(bob)
    await hold_all_of(api, alice)
    message = (await alice.send(place, "hm")).json()["id"]
    if why == "sender_left":
        url = f"/api/conversations/{place}/participants/{alice.user_id}"
        assert (await alice.client.delete(url)).status_code == 204
    elif why == "sender_blocked":
        await bob.client.put(f"/api/blocks/{alice.user_id}")
    else:
        await freeze(api)

    refused = await decide(moderator, "release", message)

    assert (refused.status_code, refused.json()["code"]) == (409, why)
    assert await bob.messages(place) == []
    assert await audited(api) == []
    assert (await decide(moderator, "reject", message)).status_code == 200
    assert await broken(api) == set()


async def freeze(api: Api) -> None:
    async with api.resources.database.write() as connection:
        await connection.execute(
            Conversation.__table__.update().values(  # type: ignore[attr-defined]
                frozen_at=api.clock(), members_version=Conversation.members_version + 1
            )
        )


async def test_nobody_decides_about_their_own_and_moderators_not_about_those_with_a_role(
    api: Api,
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    admin = await promoted(api, "root", "admin")
    bob = await api.register("bob")
    held = {}
    for person in (moderator, admin):
        await hold_all_of(api, person)
        held[person.username] = (await person.send(await person.dm(bob), "mine")).json()["id"]

    own = await decide(moderator, "release", held["mod"])
    above = await decide(moderator, "reject", held["root"])
    none = await decide(bob, "release", held["mod"])
    by_admin = await decide(admin, "release", held["mod"])

    assert (own.status_code, own.json()["code"]) == (400, "acting_on_oneself")
    assert (above.status_code, above.json()["code"]) == (403, "role_too_high")
    assert (none.status_code, none.json()["code"]) == (403, "role_required")
    assert by_admin.status_code == 200
    assert [(it.outcome, it.target_id) for it in await audited(api)] == [
        ("refused", held["mod"]),
        ("refused", held["root"]),
        ("refused", held["mod"]),
        ("done", held["mod"]),
    ]


@pytest.mark.parametrize("verb", ["release", "reject"])
async def test_what_was_never_held_cannot_be_decided_about(api: Api, verb: str) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "hello")).json()["id"]

    refused = [await decide(moderator, verb, it) for it in (message, str(uuid4()))]

    assert {(it.status_code, it.json()["code"]) for it in refused} == {
        (404, "held_message_not_found")
    }
    async with api.resources.database.read() as connection:
        assert (await connection.execute(select(Message.is_deleted))).scalar_one() is False
