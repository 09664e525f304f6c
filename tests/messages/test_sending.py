"""Sending over REST: what is taken, what is refused, and what a retry is."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from fynix_server.tables import Message
from tests.people import Api


async def stored_contents(api: Api) -> list[str]:
    async with api.resources.database.read() as connection:
        query = select(Message.content).order_by(Message.conversation_id, Message.seq)
        return list((await connection.execute(query)).scalars())


async def test_a_message_is_answered_stored_and_listed_as_the_mission_shows_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answer = await alice.send(dm, "Hello, world!", content_type="text")

    body = answer.json()
    assert answer.status_code == 201
    assert body["sender_id"] == str(alice.user_id)
    assert body["sender_username"] == "alice"
    assert (body["content"], body["content_type"]) == ("Hello, world!", "text")
    assert (body["is_read"], body["read_by"]) == (False, [])
    assert (body["conversation_id"], body["seq"]) == (dm, 2)
    assert body["created_at"].endswith("Z")
    assert (await bob.messages(dm))[0] == body


@pytest.mark.parametrize(
    "content",
    [
        "x" * 2000,
        "\U0001f469\u200d\U0001f4bb" * 600,  # 1800 code points, 11 bytes each
        "  spaces stay  ",
        "line\r\nbreak\ttab",
        "e\u0301 is not \u00e9",
        "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
        "\ufeffbom and \ufffd and \U0010ffff",
        "'; DROP TABLE messages; --",
        "<script>alert(1)</script>",
    ],
)
async def test_text_comes_back_code_point_by_code_point(api: Api, content: str) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await bob.live()

    sent = await alice.send(dm, content)

    assert sent.status_code == 201
    assert sent.json()["content"] == content
    assert (await live.expect("new_message"))["message"]["content"] == content
    assert (await bob.messages(dm))[0]["content"] == content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"content": null}',
        b'{"content": 5}',
        b'{"content": ""}',
        b'{"content": " \\n\\t\\u00a0"}',
        b'{"content": "nul \\u0000"}',
        b'{"content": "lone \\ud800 surrogate"}',
        b'{"content": "bad utf-8 \xff"}',
        b'{"content": "' + b"x" * 2001 + b'"}',
        b'{"content": "x", "content_type": "system"}',
        b'{"content": "x", "content_type": "video"}',
        b'{"content": "x", "client_message_id": ""}',
        b'{"content": "x", "client_message_id": "' + b"k" * 65 + b'"}',
        b'{"content": "x", "client_message_id": "with space"}',
        b"[" * 100_000,
        b'{"content": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
async def test_a_malformed_body_is_a_400_and_changes_nothing(api: Api, body: bytes) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answer = await alice.client.post(
        f"/api/conversations/{dm}/messages",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    error = answer.json()
    assert (answer.status_code, error["status_code"]) == (400, 400)
    assert error["code"] == "invalid_input"
    assert error["errors"][0]["field"].startswith("body")
    assert await stored_contents(api) == []


async def test_a_body_over_256_kib_is_a_413_and_an_unknown_id_a_404_or_400(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    huge = await alice.send(dm, "x" * (256 * 1024))
    unknown = await alice.send(str(uuid4()), "x")
    malformed = await alice.send("not-an-id", "x")

    assert [it.status_code for it in (huge, unknown, malformed)] == [413, 404, 400]
    assert [it.json()["code"] for it in (huge, unknown, malformed)] == [
        "body_too_large",
        "conversation_not_found",
        "invalid_input",
    ]


async def test_the_thirty_first_message_in_a_minute_is_refused_and_not_stored(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(30):
        accepted = await alice.send(dm, f"message {number}")
        assert accepted.status_code == 201
        assert accepted.headers["X-RateLimit-Remaining"] == str(29 - number)

    refused = await alice.send(dm, "one too many")

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Limit"] == "30"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert "one too many" not in await stored_contents(api)
    assert (await bob.send(dm, "my own limit")).status_code == 201
    api.clock.advance(61)
    assert (await alice.send(dm, "a minute later")).status_code == 201


async def test_of_a_hundred_sends_at_once_exactly_thirty_are_accepted(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answers = await asyncio.gather(*(alice.send(dm, f"n{number}") for number in range(100)))

    statuses = [it.status_code for it in answers]
    assert (statuses.count(201), statuses.count(429)) == (30, 70)
    assert len(await stored_contents(api)) == 30


async def test_messages_sent_at_once_get_numbers_without_holes(api: Api) -> None:
    people = await api.people("alice", "bob", "carol", "dave")
    group = await people[0].group("all", *people[1:])

    await asyncio.gather(*(it.send(group, f"n{n}") for it in people for n in range(25)))

    async with api.resources.database.read() as connection:
        seqs = (await connection.execute(select(Message.seq).order_by(Message.seq))).scalars().all()
        count = (await connection.execute(select(func.count(Message.id)))).scalar_one()
    assert list(seqs) == list(range(2, 102))
    assert count == 100


async def test_one_refused_message_does_not_take_its_group_along(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = await alice.dm(bob)

    answers = await asyncio.gather(
        alice.send(dm, "good 1"),
        carol.send(dm, "not mine"),
        alice.send(str(uuid4()), "nowhere"),
        bob.send(dm, "good 2"),
    )

    assert [it.status_code for it in answers] == [201, 403, 404, 201]
    assert sorted(await stored_contents(api)) == ["good 1", "good 2"]
