"""The list of conversations: order, pages, last messages, unread counts, and what it costs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from fynix_server.conversations import service
from fynix_server.protocol.conversations import ConversationCreate, ConversationsQuery
from tests.people import Api, Person


async def _list(person: Person, **query: Any) -> dict[str, Any]:
    answer = await person.client.get("/api/conversations", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_nobody_to_talk_to_is_an_empty_page(api: Api) -> None:
    alice = await api.register("alice")

    page = await _list(alice)

    assert page == {
        "conversations": [],
        "total": 0,
        "page": 1,
        "page_size": 20,
        "has_next": False,
    }


async def test_the_newest_activity_comes_first(api: Api) -> None:
    alice = await api.register("alice")
    made = []
    for name in ("oldest", "middle", "newest"):
        made.append(await alice.group(name))
        api.clock.advance(1)
    await alice.send(made[0], "alive again")

    listed = [it["name"] for it in (await _list(alice))["conversations"]]

    assert listed == ["oldest", "newest", "middle"]


async def test_pages_follow_each_other_without_overlap(api: Api) -> None:
    alice = await api.register("alice")
    for number in range(5):
        await alice.group(f"g{number}")
        api.clock.advance(1)

    pages = [await _list(alice, page=number, page_size=2) for number in (1, 2, 3, 4)]

    names = [[it["name"] for it in page["conversations"]] for page in pages]
    assert names == [["g4", "g3"], ["g2", "g1"], ["g0"], []]
    assert [it["has_next"] for it in pages] == [True, True, False, False]
    assert {it["total"] for it in pages} == {5}
    assert (pages[1]["page"], pages[1]["page_size"]) == (2, 2)


OUT_OF_BOUNDS: tuple[dict[str, Any], ...] = (
    {"page": 0},
    {"page": -1},
    {"page": "two"},
    {"page_size": 0},
    {"page_size": 101},
    {"page": 101, "page_size": 100},
    {"page": 10**30},
)


async def test_pages_out_of_bounds_are_refused(api: Api) -> None:
    alice = await api.register("alice")

    answers = [await alice.client.get("/api/conversations", params=it) for it in OUT_OF_BOUNDS]

    assert [it.status_code for it in answers] == [400] * len(OUT_OF_BOUNDS)
    assert all(it.json()["errors"][0]["field"].startswith("query.page") for it in answers)


async def test_only_ones_own_conversations_are_listed(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    with_bob = await alice.dm(bob)
    await bob.dm(carol)

    listed = [it["id"] for it in (await _list(alice))["conversations"]]

    assert listed == [with_bob]


async def test_unread_counts_only_what_others_sent_and_is_still_there(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    first = (await alice.send(dm, "one")).json()
    second = (await alice.send(dm, "two")).json()
    await alice.send(dm, "three")

    unread = [(await _list(bob))["conversations"][0]["unread_count"]]
    await bob.read(dm, first["id"])
    unread.append((await _list(bob))["conversations"][0]["unread_count"])
    await alice.client.delete(f"/api/conversations/{dm}/messages/{second['id']}")
    unread.append((await _list(bob))["conversations"][0]["unread_count"])
    await bob.send(dm, "an answer has read everything")
    unread.append((await _list(bob))["conversations"][0]["unread_count"])

    assert unread == [3, 2, 1, 0]
    assert (await _list(alice))["conversations"][0]["unread_count"] == 1


async def test_the_last_message_is_as_its_reader_sees_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "stays")
    last = (await alice.send(dm, "goes")).json()
    await bob.read(dm, last["id"])

    by_sender = (await _list(alice))["conversations"][0]
    await alice.client.delete(f"/api/conversations/{dm}/messages/{last['id']}")
    after_deletion = (await _list(bob))["conversations"][0]

    assert by_sender["last_message"]["content"] == "goes"
    assert by_sender["last_message"]["sender_username"] == "alice"
    assert by_sender["last_message"]["is_read"] is True
    assert by_sender["last_message"]["read_by"] == [str(bob.user_id)]
    assert after_deletion["last_message"]["content"] == "stays"
    assert after_deletion["last_message"]["is_read"] is True


async def test_read_markers_show_among_the_participants(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "read me")).json()
    await bob.read(dm, message["id"])

    (conversation,) = (await _list(alice))["conversations"]

    markers = {it["username"]: it["last_read_message_id"] for it in conversation["participants"]}
    assert markers == {"alice": message["id"], "bob": message["id"]}


async def test_a_page_of_fifty_costs_as_many_queries_as_a_page_of_one(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    for number in range(50):
        wanted = ConversationCreate(name=f"g{number}", participant_ids=[bob.user_id])
        group = await service.create_group(api.resources, alice.user_id, wanted)
        if number % 10 == 0:
            await bob.send(str(group.id), "unread")

    costs = {}
    for page_size in (1, 50):
        with _counted_queries(api) as statements:
            wanted_page = ConversationsQuery(page_size=page_size)
            page = await service.list_conversations(api.resources, alice.user_id, wanted_page)
        assert len(page.conversations) == page_size
        costs[page_size] = len(statements)

    assert costs[1] == costs[50] <= 5


@contextmanager
def _counted_queries(api: Api) -> Iterator[list[str]]:
    """The statements that this very task runs: the server's own tasks run some beside it."""
    statements: list[str] = []
    here = asyncio.current_task()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if asyncio.current_task() is here and statement != "BEGIN":
            statements.append(statement)

    engines = [it.sync_engine for it in api.resources.database.engines]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
