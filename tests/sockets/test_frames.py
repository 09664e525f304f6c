"""What clients may say over a socket, and what they hear."""

from uuid import uuid4

import pytest

from tests.people import Api


async def test_a_client_written_from_the_mission_alone_hears_messages_typing_and_receipts(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    alices, bobs = await alice.plain_live(), await bob.plain_live()

    await alices.send(type="typing", conversation_id=dm, is_typing=True)
    typing = await bobs.expect("typing")
    sent = (await alice.send(dm, "hello")).json()
    heard = await bobs.expect("new_message")
    await bobs.send(type="mark_read", conversation_id=dm, message_id=sent["id"])
    read = await alices.expect("message_read")

    assert typing == {
        "type": "typing",
        "conversation_id": dm,
        "user_id": str(alice.user_id),
        "is_typing": True,
    }
    assert heard["message"] == sent
    assert (heard["conversation_id"], heard["seq"]) == (dm, sent["seq"])
    assert read["user_id"] == str(bob.user_id)
    assert read["message_id"] == sent["id"]
    assert read["conversation_id"] == dm


async def test_nothing_is_sent_to_a_plain_client_that_the_mission_does_not_name(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    bobs = await bob.plain_live()

    dm = await alice.dm(bob)
    message = (await alice.send(dm, "to be deleted")).json()
    await bobs.expect("new_message")
    await alice.client.delete(f"/api/conversations/{dm}/messages/{message['id']}")
    await alice.send(dm, "last")

    last = await bobs.expect("new_message")
    await bobs.barrier()
    assert last["message"]["content"] == "last"
    assert bobs.frames == []


async def test_typing_reaches_the_others_only_and_ends_when_the_message_is_sent(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    alices, bobs = await alice.live(), await bob.live()

    await alices.send(type="typing", conversation_id=dm, is_typing=True)
    await alices.send(type="typing", conversation_id=dm, is_typing=True)
    await bobs.expect("typing", is_typing=True)
    await alice.send(dm, "done typing")
    await bobs.expect("typing", is_typing=False)

    await bobs.barrier()
    await alices.barrier()
    assert bobs.seen("typing") == []
    assert alices.seen("typing") == []


async def test_a_message_sent_over_the_socket_is_acknowledged_and_reaches_every_connection(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    phone, laptop, bobs = await alice.live(), await alice.live(), await bob.live()

    await phone.send(type="send_message", ref="r1", conversation_id=dm, content="over the line")

    ack = await phone.expect("ack", ref="r1")
    for live in (phone, laptop, bobs):
        heard = await live.expect("new_message")
        assert heard["message"] == ack["message"]
    assert [it["content"] for it in await bob.messages(dm)] == ["over the line"]


async def test_messages_of_one_socket_keep_the_order_they_were_sent_in(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    alices, bobs = await alice.live(), await bob.live()

    for number in range(20):
        await alices.send(
            type="send_message", ref=str(number), conversation_id=dm, content=f"n{number}"
        )

    heard = await bobs.expect_count("new_message", 20)
    assert [it["message"]["content"] for it in heard] == [f"n{number}" for number in range(20)]
    assert [it["seq"] for it in heard] == list(range(heard[0]["seq"], heard[0]["seq"] + 20))


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "dance"},
        {"no": "type"},
        {"type": "typing", "conversation_id": "not-an-id", "is_typing": True},
        {"type": "typing", "conversation_id": str(uuid4()), "is_typing": "yes"},
        {"type": "mark_read", "conversation_id": str(uuid4())},
        {"type": "send_message", "conversation_id": str(uuid4()), "content": ""},
        {"type": "send_message", "conversation_id": str(uuid4()), "content": "x" * 2001},
        {"type": "send_message", "conversation_id": str(uuid4()), "content": " \n "},
        {"type": "send_message", "conversation_id": str(uuid4()), "content": "nul \x00"},
        {"type": "resume", "cursors": {"not-an-id": 1}},
        {"type": "resume", "cursors": {str(uuid4()): -1}},
        {"type": "resume", "cursors": []},
    ],
)
async def test_a_malformed_frame_gets_an_error_and_the_socket_stays_open(
    api: Api, frame: dict[str, object]
) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    await live.send(**{"ref": "bad-1", **frame})

    error = await live.expect("error")
    assert (error["code"], error["status_code"], error["ref"]) == (4003, 400, "bad-1")
    await live.barrier()


async def test_the_fifth_bad_frame_in_a_row_closes_and_a_good_one_starts_the_count_anew(
    api: Api,
) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    for _ in range(4):
        await live.send(type="nonsense")
    await live.barrier()
    for _ in range(5):
        await live.send(type="nonsense")

    assert await live.closed() == 4003
    assert len(live.seen("error")) == 9


@pytest.mark.parametrize("text", ["", "hello", "[]", "42", "null", '"text"', "{", "[" * 5000])
async def test_text_that_is_no_json_object_closes_the_socket_with_4003(api: Api, text: str) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    await live.socket.send(text)

    assert await live.closed() == 4003
    assert live.seen("error")[0]["code"] == 4003


async def test_a_frame_over_64_kib_closes_the_socket_with_1009(api: Api) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    await live.socket.send("x" * (64 * 1024 + 1))

    assert await live.closed() == 1009


async def test_commands_on_other_peoples_conversations_are_refused_one_by_one(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "private")).json()
    live = await carol.live()
    bobs = await bob.live()

    for conversation_id, status in ((dm, 403), (str(uuid4()), 404)):
        await live.send(type="typing", conversation_id=conversation_id, is_typing=True)
        await live.send(type="mark_read", conversation_id=conversation_id, message_id=message["id"])
        await live.send(
            type="send_message", ref="r", conversation_id=conversation_id, content="let me in"
        )
        await live.send(type="resume", ref="r", cursors={conversation_id: 0})
        errors = await live.expect_count("error", 4)
        assert {it["code"] for it in errors} == {4004}
        assert {it["status_code"] for it in errors} == {status}
        await live.expect("resumed", cursors={})

    await bobs.barrier()
    assert bobs.frames == []
    assert [it["content"] for it in await bob.messages(dm)] == ["private"]


async def test_the_thirty_first_message_over_the_socket_is_refused_with_4008(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await alice.live()

    for number in range(31):
        await live.send(
            type="send_message", ref=str(number), conversation_id=dm, content=f"n{number}"
        )
    error = await live.expect("error")

    assert (error["code"], error["error"], error["ref"]) == (4008, "rate_limited", "30")
    assert 0 < error["retry_after"] <= 60
    await live.expect_count("ack", 30)
