"""Listing, marking as read, editing and deleting."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from fynix_server.tables import Message, MessageReceipt
from tests.people import Api, Person


async def _unread(person: Person, conversation_id: str) -> int:
    answer = await person.client.get(f"/api/conversations/{conversation_id}")
    count = answer.json()["unread_count"]
    assert isinstance(count, int)
    return count


async def test_messages_are_listed_newest_first_page_by_page(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(7):
        await alice.send(dm, f"n{number}")

    url = f"/api/conversations/{dm}/messages"
    first = (await bob.client.get(url, params={"page": 1, "page_size": 3})).json()
    last = (await bob.client.get(url, params={"page": 3, "page_size": 3})).json()

    assert [it["content"] for it in first["messages"]] == ["n6", "n5", "n4"]
    assert (first["total"], first["page"], first["page_size"]) == (7, 1, 3)
    assert (first["has_next"], first["conversation_id"]) == (True, dm)
    assert [it["content"] for it in last["messages"]] == ["n0"]
    assert last["has_next"] is False


async def test_a_limit_of_a_page_is_its_size_and_no_message_falls_between_two(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(3):
        await alice.send(dm, f"n{number}")

    url = f"/api/conversations/{dm}/messages"
    second = (await bob.client.get(url, params={"page": 2, "limit": 2})).json()

    assert [it["content"] for it in second["messages"]] == ["n0"]
    assert (second["page"], second["page_size"], second["has_next"]) == (2, 2, False)


async def test_seq_paging_does_not_shift_while_messages_arrive(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(6):
        await alice.send(dm, f"n{number}")

    newest = await bob.messages(dm, page_size=2)
    await alice.send(dm, "arrives meanwhile")
    older = await bob.messages(dm, before_seq=newest[-1]["seq"], limit=2)
    newer = await bob.messages(dm, after_seq=newest[0]["seq"])

    assert [it["content"] for it in older] == ["n3", "n2"]
    assert [it["content"] for it in newer] == ["arrives meanwhile"]


@pytest.mark.parametrize(
    "query",
    [
        {"page": 0},
        {"page": "x"},
        {"page_size": 0},
        {"page_size": 101},
        {"before_seq": -1},
        {"before_seq": 5, "after_seq": 1},
        {"page": 101, "page_size": 100},
        {"page": 101, "limit": 100},
        {"page": "9" * 30},
        {"limit": 101, "after_seq": 0},
    ],
)
async def test_a_malformed_page_is_a_400(api: Api, query: dict[str, Any]) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answer = await alice.client.get(f"/api/conversations/{dm}/messages", params=query)

    assert answer.status_code == 400
    assert answer.json()["detail"]


async def test_marking_as_read_moves_the_count_tells_the_others_and_keeps_a_receipt(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    sent = [(await alice.send(dm, f"n{number}")).json() for number in range(3)]
    alices = await alice.live()

    marked = await bob.read(dm, sent[1]["id"])
    again = await bob.read(dm, sent[0]["id"])

    body = marked.json()
    assert marked.status_code == 200
    assert (body["message_id"], body["unread_count"]) == (sent[1]["id"], 1)
    assert again.json()["unread_count"] == 1
    receipt = await alices.expect("message_read")
    assert (receipt["message_id"], receipt["read_at"]) == (sent[1]["id"], body["read_at"])
    await alices.barrier()
    assert alices.frames == []
    listed = await alice.messages(dm)
    assert [it["is_read"] for it in listed] == [False, True, True]
    assert listed[1]["read_by"] == [str(bob.user_id)]
    assert [it["is_read"] for it in await bob.messages(dm)] == [False, True, True]
    async with api.resources.database.read() as connection:
        rows = (await connection.execute(select(MessageReceipt.message_id))).scalars().all()
    assert {str(it) for it in rows} == {sent[0]["id"], sent[1]["id"]}


async def test_sending_marks_everything_before_as_read(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "question")
    before = await _unread(bob, dm)

    await bob.send(dm, "answer")

    assert (before, await _unread(bob, dm), await _unread(alice, dm)) == (1, 0, 1)


async def test_a_deleted_message_leaves_lists_counts_and_unread_but_not_the_database(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    kept = (await alice.send(dm, "kept")).json()
    gone = (await alice.send(dm, "gone")).json()
    bobs = await bob.live()

    url = f"/api/conversations/{dm}/messages/{gone['id']}"
    answers = [await alice.client.delete(url), await alice.client.delete(url)]

    assert [it.status_code for it in answers] == [204, 204]
    deleted = await bobs.expect("message_deleted")
    assert (deleted["message_id"], deleted["deleted_by"]) == (gone["id"], str(alice.user_id))
    await bobs.barrier()
    assert bobs.frames == []
    page = (await bob.client.get(f"/api/conversations/{dm}/messages")).json()
    assert ([it["id"] for it in page["messages"]], page["total"]) == ([kept["id"]], 1)
    assert await _unread(bob, dm) == 1
    async with api.resources.database.read() as connection:
        query = select(Message.content, Message.is_deleted).order_by(Message.seq)
        rows = [tuple(row) for row in await connection.execute(query)]
    assert rows == [("kept", False), ("gone", True)]


async def test_an_edit_is_seen_by_all_and_the_same_text_again_changes_nothing(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "helo")).json()
    bobs = await bob.live()
    url = f"/api/conversations/{dm}/messages/{message['id']}"

    edited = await alice.client.patch(url, json={"content": "hello"})
    same = await alice.client.patch(url, json={"content": "hello"})

    assert edited.status_code == same.status_code == 200
    assert edited.json()["content"] == "hello"
    assert edited.json()["edited_at"] is not None
    frame = await bobs.expect("message_updated")
    assert frame["message"]["content"] == "hello"
    await bobs.barrier()
    assert bobs.frames == []


async def test_only_the_sender_may_edit_or_delete_and_only_participants_may_look(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "mine")).json()
    url = f"/api/conversations/{dm}/messages/{message['id']}"
    elsewhere = await alice.dm(carol)

    statuses = {
        "bob edits": (await bob.client.patch(url, json={"content": "x"})).status_code,
        "bob deletes": (await bob.client.delete(url)).status_code,
        "carol lists": (await carol.client.get(f"/api/conversations/{dm}/messages")).status_code,
        "carol reads": (await carol.read(dm, message["id"])).status_code,
        "carol deletes": (await carol.client.delete(url)).status_code,
        "through another conversation": (await carol.read(elsewhere, message["id"])).status_code,
        "unknown message": (await alice.read(dm, str(uuid4()))).status_code,
        "malformed message": (await alice.read(dm, "x")).status_code,
    }

    assert statuses == {
        "bob edits": 403,
        "bob deletes": 403,
        "carol lists": 403,
        "carol reads": 403,
        "carol deletes": 403,
        "through another conversation": 404,
        "unknown message": 404,
        "malformed message": 400,
    }
    assert [it["content"] for it in await bob.messages(dm)] == ["mine"]
