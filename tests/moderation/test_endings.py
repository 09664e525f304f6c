"""What is over is over for everybody and at once; so is what begins while somebody connects."""

import re
from typing import Any, cast
from uuid import UUID

import pytest

from fynix_server.sockets.live import Live as LiveSockets
from tests.conversations.roles import give, remove, roles
from tests.moderation.scene import sent
from tests.people import Api, Person
from tests.staff import act, promoted


async def names(person: Person, url: str, **query: Any) -> list[str]:
    answer = await person.client.get(url, params=query)
    assert answer.status_code == 200, answer.text
    return [it["username"] for it in answer.json()["users"]]


async def test_who_is_back_is_found_written_to_and_listed_as_before(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    await act(moderator, bob, "suspend", seconds=60)
    assert await names(alice, "/api/users", q="bob") == []
    assert await names(moderator, "/api/admin/users", status="suspended") == ["bob"]

    api.clock.advance(61)

    assert await names(alice, "/api/users", q="bob") == ["bob"]
    opened = await alice.client.post(f"/api/conversations/dm/{bob.user_id}")
    assert opened.status_code == 201, opened.text
    assert await names(moderator, "/api/admin/users", status="suspended") == []
    assert await names(moderator, "/api/admin/users", status="active") == ["alice", "bob", "mod"]


async def test_who_is_back_inherits_a_group_as_before(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await give(alice, group, bob, "admin")
    await act(moderator, bob, "suspend", seconds=60)
    api.clock.advance(61)

    await remove(alice, group, alice)

    assert (await roles(carol, group))["bob"] == "owner"


async def test_who_is_back_stays_connected_when_others_are_dealt_with(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    await act(moderator, bob, "suspend", seconds=10)
    api.clock.advance(11)
    live = await bob.live()

    done = await act(moderator, alice, "mute")
    await live.barrier()

    assert done.status_code == 200, done.text
    assert live.close_code is None


@pytest.mark.parametrize("how", ["suspended", "logged out"])
async def test_whoever_is_shut_out_while_they_connect_does_not_stay(
    api: Api, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    delivery = cast(LiveSockets, api.app.extensions["live"]).delivery
    begin_watching = delivery.begin_watching

    async def begin_after_an_act(user_id: UUID) -> None:
        # Who connects is known by now, and not yet among the connections.
        if how == "suspended":
            await act(moderator, bob, "suspend", seconds=3600)
        else:
            await bob.client.post("/api/auth/logout")
        await begin_watching(user_id)

    monkeypatch.setattr(delivery, "begin_watching", begin_after_an_act)
    live = await bob.plain_live(subprotocols=["fynix.v1"])

    assert await live.closed() == (4013 if how == "suspended" else 4014)


async def test_who_is_muted_says_nothing_anywhere_until_it_ends_and_their_socket_stays(
    api: Api,
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    group = await bob.group("club", alice)
    (own,) = await sent(bob, group, "text")
    (others,) = await sent(alice, group, "answer")
    live = await bob.live()
    url = f"/api/conversations/{group}"
    new = {"name": "buy this", "participant_ids": [str(alice.user_id)]}

    async def tries() -> list[int]:
        answers = [
            await bob.send(group, "buy this"),
            await bob.client.patch(f"{url}/messages/{own}", json={"content": "buy this"}),
            await bob.client.patch(url, json={"name": "buy this"}),
            await bob.client.post("/api/conversations", json=new),
        ]
        assert {it.json().get("code", "muted") for it in answers} == {"muted"}
        return [it.status_code for it in answers]

    await act(moderator, bob, "mute", seconds=60)
    refused = await tries()
    await live.send(type="send_message", ref="1", conversation_id=group, content="buy this")
    refusal = await live.expect_answer("1")
    read = await bob.read(group, others)
    api.clock.advance(61)
    await live.send(type="send_message", ref="2", conversation_id=group, content="sorry")
    answer = await live.expect_answer("2")

    assert (refused, refusal["error"]) == ([403] * 4, "muted")
    assert re.search(r"not write until [-0-9]+T[:0-9]{8}Z\.$", refusal["detail"])
    assert (read.status_code, answer["type"]) == (200, "ack")
    assert await tries() == [201, 200, 200, 201]
