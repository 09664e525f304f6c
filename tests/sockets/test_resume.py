"""Coming back: what was missed, once and in order."""

from typing import Any

from sqlalchemy import event

from tests.people import Api, Live, Person


async def _resume(live: Live, cursors: dict[str, int]) -> dict[str, Any]:
    await live.send(type="resume", cursors=cursors)
    return await live.expect("resumed")


def _numbered(live: Live) -> list[tuple[str, int]]:
    return [(it["type"], it["seq"]) for it in live.frames if "seq" in it]


async def test_a_client_that_returns_gets_every_number_it_missed_in_order(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    first = (await alice.send(dm, "before")).json()
    kept = (await alice.send(dm, "while away")).json()
    gone = (await alice.send(dm, "deleted while away")).json()
    await alice.client.delete(f"/api/conversations/{dm}/messages/{gone['id']}")
    url = f"/api/conversations/{dm}/messages/{kept['id']}"
    await alice.client.patch(url, json={"content": "edited while away"})
    live = await bob.live(resume=False)

    resumed = await _resume(live, {dm: first["seq"]})

    start = first["seq"]
    assert _numbered(live) == [
        ("new_message", start + 1),
        ("message_deleted", start + 2),
        ("message_deleted", start + 3),
        ("message_updated", start + 4),
    ]
    assert live.frames[0]["message"]["content"] == "edited while away"
    assert "deleted while away" not in str(live.frames)
    assert resumed["cursors"] == {dm: start + 4}


async def test_a_new_client_sees_a_conversation_begin_and_each_number_once(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    live = await bob.live()

    dm = await alice.dm(bob)
    await alice.send(dm, "one")
    await alice.send(dm, "two")
    created = await live.expect("conversation_created")
    messages = await live.expect_count("new_message", 2)

    assert created["seq"] == 1
    assert created["conversation"]["id"] == dm
    assert [it["seq"] for it in messages] == [2, 3]


async def test_past_three_hundred_missed_the_client_is_told_to_resync_and_goes_on_live(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await _send_many(api, alice, dm, 301)
    live = await bob.live(resume=False)

    resumed = await _resume(live, {dm: 1})
    after = (await alice.send(dm, "after")).json()

    resync = await live.expect("resync_required")
    assert resync["last_seq"] == resumed["cursors"][dm] == after["seq"] - 1
    assert (await live.expect("new_message"))["seq"] == after["seq"]
    assert live.frames == []


async def test_exactly_three_hundred_missed_are_replayed(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await _send_many(api, alice, dm, 300)
    live = await bob.live(resume=False)

    await _resume(live, {dm: 1})

    assert [seq for _, seq in _numbered(live)] == list(range(2, 302))


async def test_a_plain_clients_resume_never_repeats_what_its_socket_carried(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "missed")
    live = await bob.plain_live()
    await alice.send(dm, "carried")
    await live.expect("new_message", seq=3)

    await _resume(live, {dm: 0})

    assert _numbered(live) == [("conversation_created", 1), ("new_message", 2)]


async def test_nobody_resumes_into_what_came_before_they_joined_or_after_they_left(
    api: Api,
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob)
    await alice.send(group, "before carol")
    url = f"/api/conversations/{group}/participants"
    await alice.client.post(url, json={"user_id": str(carol.user_id)})
    await alice.send(group, "with carol")
    live = await carol.live(resume=False)

    await _resume(live, {group: 0})
    seen = _numbered(live)
    await alice.client.delete(f"{url}/{carol.user_id}")
    await live.expect("participant_removed")
    await alice.send(group, "without carol")
    await live.send(type="resume", cursors={group: 0})
    error = await live.expect("error")
    await live.barrier()

    assert [kind for kind, _ in seen] == ["participant_added", "new_message"]
    assert (error["code"], error["status_code"]) == (4004, 403)
    assert "without carol" not in str(live.frames)
    assert "before carol" not in str(live.frames)


async def test_the_events_endpoint_gives_the_same_frames_as_the_socket(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    live = await bob.live()
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "one")).json()
    await alice.client.delete(f"/api/conversations/{dm}/messages/{message['id']}")
    await alice.send(dm, "two")
    await live.expect("new_message", seq=4)

    page = (await bob.client.get(f"/api/conversations/{dm}/events", params={"limit": 3})).json()
    rest = await bob.client.get(
        f"/api/conversations/{dm}/events", params={"after_seq": page["next_seq"]}
    )

    assert [(it["type"], it["seq"]) for it in page["events"]] == [
        ("conversation_created", 1),
        ("message_deleted", 2),
        ("message_deleted", 3),
    ]
    assert (page["next_seq"], page["has_more"]) == (3, True)
    assert [it["message"]["content"] for it in rest.json()["events"]] == ["two"]
    assert rest.json()["has_more"] is False


async def _send_many(api: Api, sender: Person, conversation_id: str, count: int) -> None:
    for number in range(count):
        if number % 30 == 0:
            api.clock.advance(61)  # past the limit of 30 a minute
        answer = await sender.send(conversation_id, f"n{number}")
        assert answer.status_code == 201, answer.text


async def test_conversations_that_were_quiet_meanwhile_are_not_read_one_by_one(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    groups = [await alice.group(f"group {number}", bob, carol) for number in range(8)]
    before = (await _resume(await bob.live(resume=False), {}))["cursors"]
    await alice.send(groups[3], "missed")
    memberships = 0

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal memberships
        memberships += "members_version" in statement

    live = await bob.live(resume=False)
    for engine in api.resources.database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)

    resumed = await _resume(live, before)

    assert memberships == 1
    assert _numbered(live) == [("new_message", 2)]
    assert resumed["cursors"] == before | {groups[3]: 2}
    for group in groups:
        await alice.send(group, "live")
    assert {it["conversation_id"] for it in await live.expect_count("new_message", 9)} == {*groups}
