"""A key makes a send the same send, however often, at once, and by whatever way it is repeated."""

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import select

from fynix_server.errors import Unavailable
from fynix_server.messages.drafts import Draft
from fynix_server.tables import Message
from tests.messages.senders import Way, on_each
from tests.people import Api, Serve


@pytest.fixture(params=["embedded", "full", "two instances"])
def arrangement(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stack(arrangement: str) -> str:
    """Two instances need a Postgres and a Valkey between them."""
    return "full" if arrangement == "two instances" else arrangement


@pytest.fixture
async def instances(serve: Serve, arrangement: str) -> list[Api]:
    return [await serve() for _ in range(2 if arrangement == "two instances" else 1)]


@pytest.fixture
def api(instances: list[Api]) -> Api:
    return instances[0]


async def _rows(api: Api, conversation_id: str) -> list[tuple[str, str | None]]:
    query = (
        select(Message.content, Message.client_message_id)
        .where(Message.conversation_id == UUID(conversation_id))
        .order_by(Message.seq)
    )
    async with api.resources.database.read() as connection:
        return [(row.content, row.client_message_id) for row in await connection.execute(query)]


async def test_a_retry_answers_the_stored_message_and_costs_no_limit(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    first = await alice.send(dm, "once", client_message_id="k1")

    again = [await alice.send(dm, "once", client_message_id="k1") for _ in range(40)]
    by_header = await alice.client.post(
        f"/api/conversations/{dm}/messages",
        json={"content": "once"},
        headers={"Idempotency-Key": "k1"},
    )
    other = await alice.send(dm, "another text", client_message_id="k1")

    assert first.status_code == 201
    assert {it.status_code for it in [*again, by_header]} == {200}
    assert all(it.json() == first.json() for it in [*again, by_header])
    assert all(it.headers["Idempotent-Replayed"] == "true" for it in again)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert await _rows(api, dm) == [("once", "k1")]
    fresh = await alice.send(dm, "fresh")
    # The first and this one: its key had been counted.
    assert fresh.headers["X-RateLimit-Remaining"] == "28"


@pytest.mark.parametrize("way", ["rest", "socket", "both"])
async def test_fifty_tries_at_once_are_one_message_told_once(
    api: Api, instances: list[Api], way: Way
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sender, reader = await on_each(alice, instances), await on_each(bob, instances)

    answers = await sender.at_once(way, dm, ["once"] * 50, "k1")

    over_rest = [it.status for it in answers if not it.is_ack]
    first = [it for it in answers if it.status == 201]
    assert len(first) == 1 if way == "rest" else len(first) <= 1
    assert over_rest.count(200) == len(over_rest) - len(first)
    assert all(it.body == answers[0].body for it in answers)
    assert await _rows(api, dm) == [("once", "k1")]
    for live in (*reader.sockets, *sender.sockets):
        assert (await live.expect("new_message"))["message"] == answers[0].body
    # The next one is the next frame: there was no second of the first.
    fresh = await alice.send(dm, "fresh")
    assert fresh.headers["X-RateLimit-Remaining"] == "28"
    for live in (*reader.sockets, *sender.sockets):
        assert (await live.expect("new_message"))["message"] == fresh.json()


@pytest.mark.parametrize("way", ["rest", "socket", "both"])
async def test_of_texts_that_claim_one_key_at_once_the_first_is_stored_and_the_rest_refused(
    api: Api, instances: list[Api], way: Way
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sender = await on_each(alice, instances)

    answers = await sender.at_once(way, dm, [f"text {number}" for number in range(20)], "k1")

    stored = [it for it in answers if it.status in (200, 201)]
    refused = [it for it in answers if it.status == 409]
    assert (len(stored), len(refused)) == (1, 19)
    assert {it.code for it in refused} == {"idempotency_conflict"}
    assert await _rows(api, dm) == [(stored[0].body["content"], "k1")]
    assert (await alice.send(dm, "another", client_message_id="k1")).status_code == 409
    assert len(await _rows(api, dm)) == 1


async def test_retries_of_a_send_that_is_under_way_do_not_meet_the_limit(
    api: Api, instances: list[Api]
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sender = await on_each(alice, instances)
    for number in range(29):
        assert (await alice.send(dm, f"n{number}")).status_code == 201

    answers = await sender.at_once("both", dm, ["the last"] * 50, "k1")

    assert {it.status for it in answers} <= {200, 201}
    assert len({it.body["id"] for it in answers}) == 1
    assert [content for content, _ in await _rows(api, dm)].count("the last") == 1
    assert (await sender.over_socket(0, dm, "one more", "k2")).status == 429
    assert (await alice.send(dm, "one more", client_message_id="k2")).status_code == 429
    assert (await sender.over_socket(1, dm, "the last", "k1")).status == 200


async def test_a_retry_after_the_window_meets_no_limit_and_takes_no_place_in_it(
    api: Api, instances: list[Api]
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sender = await on_each(alice, instances)
    old = await alice.send(dm, "old", client_message_id="k1")
    api.clock.advance(61)

    early = await sender.at_once("both", dm, ["old"] * 40, "k1")
    accepted = [await alice.send(dm, f"n{number}") for number in range(30)]
    late = await sender.at_once("both", dm, ["old"] * 40, "k1")

    assert {it.status for it in (*early, *late)} == {200}
    assert all(it.body["id"] == old.json()["id"] for it in (*early, *late))
    assert {it.status_code for it in accepted} == {201}
    assert (await alice.send(dm, "one too many")).status_code == 429


async def test_a_key_is_one_persons_in_one_conversation(api: Api, instances: list[Api]) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    both, other = await alice.dm(bob), await alice.dm(carol)
    senders = [await on_each(it, instances) for it in (alice, bob)]

    answers = await asyncio.gather(
        senders[0].at_once("both", both, ["alice here"] * 10, "k1"),
        senders[1].at_once("both", both, ["bob here"] * 10, "k1"),
        senders[0].at_once("both", other, ["alice there"] * 10, "k1"),
    )

    assert [len({it.body["id"] for it in each}) for each in answers] == [1, 1, 1]
    assert sorted(await _rows(api, both)) == [("alice here", "k1"), ("bob here", "k1")]
    assert await _rows(api, other) == [("alice there", "k1")]


async def test_who_has_left_is_refused_a_retry_as_everything_else(
    api: Api, instances: list[Api]
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("all", bob, carol)
    sender = await on_each(bob, instances)
    assert (await bob.send(group, "once", client_message_id="k1")).status_code == 201
    left = await bob.client.delete(f"/api/conversations/{group}/participants/{bob.user_id}")
    assert left.status_code == 204

    answers = await sender.at_once("both", group, ["once"] * 8, "k1")

    # Over a socket a conversation that is not yours is as good as none.
    assert {it.status for it in answers} <= {403, 404}
    assert await _rows(api, group) == [("once", "k1")]


async def test_a_stranger_who_repeats_one_key_meets_the_limit_as_with_many(
    api: Api, instances: list[Api]
) -> None:
    alice, bob, mallory = await api.people("alice", "bob", "mallory")
    dm = await alice.dm(bob)
    sender = await on_each(mallory, instances)

    one_by_one = [await sender.over_rest(0, dm, "let me in", "k1") for _ in range(20)]
    over_sockets = [await sender.over_socket(it, dm, "let me in", "k1") for it in range(20)]
    at_once = await sender.at_once("both", dm, ["let me in"] * 20, "k1")

    assert {it.status for it in one_by_one} == {403}
    assert [it.status for it in over_sockets[-10:]] == [429] * 10
    assert {it.status for it in at_once} == {429}
    assert await _rows(api, dm) == []
    api.clock.advance(61)
    assert (await sender.over_rest(0, dm, "let me in", "k1")).status == 403


async def test_retries_between_them_do_not_change_the_order_of_sends(
    api: Api, instances: list[Api]
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live, reader = await alice.live(), (await on_each(bob, instances)).sockets[-1]
    sent = [number for first in range(20) for number in (first, max(first - 1, 0), first // 2)]

    for place, number in enumerate(sent):
        await live.send(
            type="send_message",
            ref=f"r{place}",
            conversation_id=dm,
            content=f"n{number}",
            client_message_id=f"k{number}",
        )

    acks = await live.expect_count("ack", len(sent))
    assert [it["ref"] for it in acks] == [f"r{place}" for place in range(len(sent))]
    assert [it["message"]["content"] for it in acks] == [f"n{number}" for number in sent]
    assert await _rows(api, dm) == [(f"n{number}", f"k{number}") for number in range(20)]
    heard = await reader.expect_count("new_message", 20)
    assert [it["message"]["content"] for it in heard] == [f"n{number}" for number in range(20)]


@pytest.mark.parametrize("change", ["edited", "deleted", "edited, then deleted"])
async def test_a_retry_of_what_was_changed_since_answers_it_as_it_stands(
    api: Api, instances: list[Api], change: str
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sender = await on_each(alice, instances)
    first = (await alice.send(dm, "first text", client_message_id="k1")).json()
    url = f"/api/conversations/{dm}/messages/{first['id']}"
    if "edited" in change:
        await alice.client.patch(url, json={"content": "a text between"})
        first = (await alice.client.patch(url, json={"content": "second text"})).json()
    if "deleted" in change:
        assert (await alice.client.delete(url)).status_code == 204

    answers = await sender.at_once("both", dm, ["first text"] * 4, "k1")

    assert [it.status for it in answers] == [200] * 4
    assert all(it.body == first for it in answers)
    assert await _rows(api, dm) == [(first["content"], "k1")]
    assert await bob.messages(dm) == ([] if "deleted" in change else [first])
    others = [
        await alice.send(dm, "another text", client_message_id="k1"),
        await alice.send(dm, "first text", client_message_id="k1", content_type="image"),
    ]
    if "edited" in change:
        others.append(await alice.send(dm, "second text", client_message_id="k1"))
    assert {it.status_code for it in others} == {409}


async def test_one_that_the_database_refuses_takes_nobody_else_along(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = UUID(await alice.dm(bob))

    def submit(content: str, key: str) -> "asyncio.Future[Any]":
        draft = Draft(dm, alice.user_id, "alice", content, "text", key)
        return api.resources.message_writer.submit(draft)

    # No check of ours lets this through: that it is refused is the database's own rule.
    unstorable = cast(str, None)
    outcomes: Any = await asyncio.gather(
        submit("one", "k1"),
        submit(unstorable, "k2"),
        submit("two", "k3"),
        submit("one", "k1"),
        return_exceptions=True,
    )

    one, refused, two, again = outcomes
    assert isinstance(refused, Unavailable)
    assert [it.message.seq for it in (one, two, again)] == [2, 3, 2]
    assert [it.is_replay for it in (one, two, again)] == [False, False, True]
    assert await _rows(api, str(dm)) == [("one", "k1"), ("two", "k3")]
