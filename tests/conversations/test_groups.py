"""Groups: starting one, and everything that changes it."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.people import Api, Person


async def _conversation(person: Person, conversation_id: str) -> dict[str, Any]:
    answer = await person.client.get(f"/api/conversations/{conversation_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _roles(person: Person, conversation_id: str) -> dict[str, str]:
    participants = (await _conversation(person, conversation_id))["participants"]
    return {it["username"]: it["role"] for it in participants}


async def _add(actor: Person, conversation_id: str, newcomer: Person) -> int:
    url = f"/api/conversations/{conversation_id}/participants"
    answer = await actor.client.post(url, json={"user_id": str(newcomer.user_id)})
    return answer.status_code


async def _remove(actor: Person, conversation_id: str, leaver: Person) -> int:
    url = f"/api/conversations/{conversation_id}/participants/{leaver.user_id}"
    return (await actor.client.delete(url)).status_code


async def test_whoever_starts_a_group_owns_it_and_nobody_is_in_it_twice(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    named = [str(it.user_id) for it in (bob, bob, alice)]

    answer = await alice.client.post(
        "/api/conversations",
        json={"name": "Kaffeeklatsch ☕", "description": "سلام", "participant_ids": named},
    )

    assert answer.status_code == 201
    group = answer.json()
    assert (group["is_group"], group["name"]) == (True, "Kaffeeklatsch ☕")
    assert group["description"] == "سلام"
    assert await _roles(bob, group["id"]) == {"alice": "owner", "bob": "member"}


async def test_a_group_may_begin_with_its_owner_alone(api: Api) -> None:
    alice = await api.register("alice")

    group = await alice.group("just me")

    assert await _roles(alice, group) == {"alice": "owner"}


async def test_a_group_with_somebody_unknown_is_not_made(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    nobody = str(uuid4())

    answer = await alice.client.post(
        "/api/conversations",
        json={"name": "ghosts", "participant_ids": [str(bob.user_id), nobody]},
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
    assert nobody in answer.json()["detail"]
    assert (await alice.client.get("/api/conversations")).json()["total"] == 0


MALFORMED: tuple[Any, ...] = (
    {},
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 101},
    {"name": "a\x00b"},
    {"name": "ok", "description": "x" * 2001},
    {"name": "ok", "participant_ids": "bob"},
    {"name": "ok", "participant_ids": ["bob"]},
    {"name": "ok", "participant_ids": [None]},
    [],
    None,
)


async def test_malformed_groups_are_refused_and_not_made(api: Api) -> None:
    alice = await api.register("alice")

    answers = [await alice.client.post("/api/conversations", json=it) for it in MALFORMED]

    assert [it.status_code for it in answers] == [400] * len(MALFORMED)
    assert all(it.json()["errors"] for it in answers)
    assert (await alice.client.get("/api/conversations")).json()["total"] == 0


async def test_a_change_of_name_leaves_the_description(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("before", bob)
    url = f"/api/conversations/{group}"
    await alice.client.patch(url, json={"description": "what it is for"})

    renamed = await alice.client.patch(url, json={"name": "after"})

    assert renamed.status_code == 200
    seen = await _conversation(bob, group)
    assert (seen["name"], seen["description"]) == ("after", "what it is for")


async def test_an_empty_description_removes_it(api: Api) -> None:
    alice = await api.register("alice")
    url = f"/api/conversations/{await alice.group('group')}"
    await alice.client.patch(url, json={"description": "soon gone"})

    answer = await alice.client.patch(url, json={"description": ""})

    assert answer.json()["description"] is None


async def test_what_changes_nothing_is_no_event(api: Api) -> None:
    alice = await api.register("alice")
    group = await alice.group("same")
    before = await _conversation(alice, group)

    for change in ({}, {"name": "same"}, {"name": None, "description": ""}):
        answer = await alice.client.patch(f"/api/conversations/{group}", json=change)

        assert (answer.status_code, answer.json()) == (200, before)


async def test_somebody_added_is_shown_as_a_member(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob)

    answer = await alice.client.post(
        f"/api/conversations/{group}/participants", json={"user_id": str(carol.user_id)}
    )

    assert answer.status_code == 201
    participant = answer.json()
    assert (participant["username"], participant["role"]) == ("carol", "member")
    assert participant["is_active"] is True
    assert await _roles(carol, group) == {"alice": "owner", "bob": "member", "carol": "member"}


async def test_nobody_is_added_twice_and_nobody_unknown(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    url = f"/api/conversations/{group}/participants"

    twice = await alice.client.post(url, json={"user_id": str(bob.user_id)})
    unknown = await alice.client.post(url, json={"user_id": str(uuid4())})
    malformed = await alice.client.post(url, json={"user_id": "bob"})

    assert (twice.status_code, twice.json()["code"]) == (409, "already_participant")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "user_not_found")
    assert malformed.status_code == 400
    assert (await _conversation(alice, group))["last_seq"] == 1


async def test_racing_additions_of_one_person_add_them_once(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group")

    statuses = await asyncio.gather(*(_add(alice, group, bob) for _ in range(10)))

    assert sorted(statuses) == [201] + [409] * 9
    assert (await _conversation(bob, group))["last_seq"] == 2


async def test_a_newcomer_reads_nothing_from_before_they_came(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group")
    await alice.send(group, "before")
    await _add(alice, group, bob)

    on_arrival = await _conversation(bob, group)
    await alice.send(group, "after")

    assert (on_arrival["last_message"], on_arrival["unread_count"]) == (None, 0)
    assert [it["content"] for it in await bob.messages(group)] == ["after"]
    seen = await _conversation(bob, group)
    assert (seen["last_message"]["content"], seen["unread_count"]) == ("after", 1)


async def test_a_newcomer_who_reads_on_has_not_read_what_came_before(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group")
    await alice.send(group, "before")
    await _add(alice, group, bob)
    after = (await alice.send(group, "after")).json()

    await bob.read(group, after["id"])

    newer, older = await alice.messages(group)
    assert (newer["is_read"], newer["read_by"]) == (True, [str(bob.user_id)])
    assert (older["is_read"], older["read_by"]) == (False, [])


async def test_who_left_reads_and_changes_nothing_any_more(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    await alice.send(group, "hello")

    assert await _remove(bob, group, bob) == 204

    url = f"/api/conversations/{group}"
    answers = [
        await bob.client.get(url),
        await bob.client.get(f"{url}/messages"),
        await bob.client.get(f"{url}/events"),
        await bob.send(group, "still here?"),
        await bob.client.delete(f"{url}/participants/{bob.user_id}"),
    ]
    assert [(it.status_code, it.json()["code"]) for it in answers] == [
        (403, "not_a_participant")
    ] * 5
    assert (await bob.client.get("/api/conversations")).json()["conversations"] == []
    assert await _roles(alice, group) == {"alice": "owner"}


async def test_who_comes_back_reads_from_then_on(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    await alice.send(group, "first stay")
    await _remove(alice, group, bob)
    await alice.send(group, "away")

    assert await _add(alice, group, bob) == 201

    await alice.send(group, "second stay")
    assert [it["content"] for it in await bob.messages(group)] == ["second stay"]
    assert (await _conversation(bob, group))["unread_count"] == 1
    assert (await bob.send(group, "thanks")).status_code == 201


async def test_removing_somebody_who_is_not_there_is_not_found(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob)
    await _remove(alice, group, bob)

    statuses = [await _remove(alice, group, it) for it in (bob, carol)]

    assert statuses == [404, 404]


async def test_an_owner_who_leaves_hands_on_to_the_member_there_longest(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", carol)
    await _add(alice, group, bob)

    await _remove(alice, group, alice)

    assert await _roles(bob, group) == {"carol": "owner", "bob": "member"}
    assert await _add(carol, group, alice) == 201
    assert (await _roles(carol, group))["alice"] == "member"


async def test_the_last_one_may_leave_too(api: Api) -> None:
    alice = await api.register("alice")
    group = await alice.group("group")

    assert await _remove(alice, group, alice) == 204
    assert (await alice.client.get("/api/conversations")).json()["total"] == 0


async def test_changes_that_race_leave_no_gap_and_one_owner(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)

    statuses = await asyncio.gather(
        _remove(alice, group, alice), _remove(bob, group, bob), _add(alice, group, bob)
    )

    assert list(statuses[:2]) == [204, 204]
    events = (await carol.client.get(f"/api/conversations/{group}/events")).json()["events"]
    assert [it["seq"] for it in events] == list(range(1, len(events) + 1))
    assert list((await _roles(carol, group)).values()).count("owner") == 1
