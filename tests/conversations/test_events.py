"""The log of a conversation: one frame a number, the same live and read back."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import update

from fynix_server.event_bus import Envelope
from fynix_server.event_log import frames_after
from fynix_server.policy import shows_all
from fynix_server.protocol.frames import server_frame_adapter
from fynix_server.tables import ConversationEvent
from tests.people import Api, Person


async def _events(person: Person, conversation_id: str, **query: Any) -> dict[str, Any]:
    url = f"/api/conversations/{conversation_id}/events"
    answer = await person.client.get(url, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def _lively_group(alice: Person, bob: Person, carol: Person) -> str:
    """A group in which everything happened that is an event."""
    group = await alice.group("as it began", bob)
    url = f"/api/conversations/{group}"
    await alice.send(group, "stays 😀 שלום")
    gone = (await bob.send(group, "goes")).json()
    await alice.client.patch(url, json={"name": "as it is now", "description": '"quoted"'})
    await alice.client.post(f"{url}/participants", json={"user_id": str(carol.user_id)})
    await bob.client.delete(f"{url}/messages/{gone['id']}")
    await carol.send(group, "hi")
    await alice.client.delete(f"{url}/participants/{carol.user_id}")
    return group


async def test_every_number_is_one_frame_of_its_kind(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await _lively_group(alice, bob, carol)

    page = await _events(alice, group)

    assert [(it["seq"], it["type"]) for it in page["events"]] == [
        (1, "conversation_created"),
        (2, "new_message"),
        (3, "message_deleted"),
        (4, "conversation_updated"),
        (5, "participant_added"),
        (6, "message_deleted"),
        (7, "new_message"),
        (8, "participant_removed"),
    ]
    assert (page["next_seq"], page["has_more"]) == (8, False)
    for frame in page["events"]:
        server_frame_adapter.validate_python(frame)
        assert frame["conversation_id"] == group


async def test_a_deleted_message_keeps_its_number_and_loses_its_text(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await _lively_group(alice, bob, carol)

    page = await _events(alice, group)

    in_place, deletion = page["events"][2], page["events"][5]
    assert in_place["message_id"] == deletion["message_id"]
    assert (in_place["deleted_by"], deletion["deleted_by"]) == (None, str(bob.user_id))
    assert "goes" not in json.dumps(page)


async def test_an_edit_is_replayed_as_what_the_message_has_become(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = (await alice.send(dm, "first text")).json()
    url = f"/api/conversations/{dm}/messages/{message['id']}"
    await alice.client.patch(url, json={"content": "second text"})
    await alice.client.patch(url, json={"content": "third text"})

    edited = (await _events(bob, dm))["events"][1:]
    await alice.client.delete(url)
    deleted = (await _events(bob, dm))["events"][1:]

    assert [it["type"] for it in edited] == ["new_message"] + ["message_updated"] * 2
    assert {it["message"]["content"] for it in edited} == {"third text"}
    assert all(it["message"]["edited_at"] for it in edited)
    assert [it["type"] for it in deleted] == ["message_deleted"] * 4
    assert {it["message_id"] for it in deleted} == {message["id"]}


async def test_pages_of_events_join_without_a_gap(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await _lively_group(alice, bob, carol)
    whole = (await _events(alice, group))["events"]

    joined, after_seq, has_more = [], 0, True
    while has_more:
        page = await _events(alice, group, after_seq=after_seq, limit=3)
        joined += page["events"]
        after_seq, has_more = page["next_seq"], page["has_more"]

    assert joined == whole
    end = await _events(alice, group, after_seq=after_seq)
    assert end == {"events": [], "next_seq": after_seq, "has_more": False}


async def test_cursors_out_of_bounds_are_refused(api: Api) -> None:
    alice = await api.register("alice")
    url = f"/api/conversations/{await alice.group('group')}/events"

    for query in ({"after_seq": -1}, {"after_seq": "x"}, {"limit": 0}, {"limit": 301}):
        answer = await alice.client.get(url, params=query)

        assert answer.status_code == 400


async def test_a_newcomers_log_begins_with_their_joining(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group")
    await alice.send(group, "secret of the founders")
    await alice.client.post(
        f"/api/conversations/{group}/participants", json={"user_id": str(bob.user_id)}
    )

    page = await _events(bob, group, after_seq=0)

    assert [(it["seq"], it["type"]) for it in page["events"]] == [(3, "participant_added")]
    assert page["events"][0]["participant"]["username"] == "bob"


async def test_what_is_published_is_what_is_read_back(api: Api) -> None:
    published: list[Envelope] = []
    api.resources.event_bus.connect(published.append, lambda _: None, lambda: None)
    alice, bob, carol = await api.people("alice", "bob", "carol")

    group = await _lively_group(alice, bob, carol)

    async with api.resources.database.read() as connection:
        logged = await frames_after(connection, UUID(group), 0, 100, horizon=shows_all(api.clock()))
    assert [it.seq for it in published] == [it.seq for it in logged]
    for envelope, frame in zip(published, logged, strict=True):
        assert set(envelope.joiners) == set(frame.joiners)
        assert envelope.for_opted_in == (json.loads(envelope.frame)["type"] != "new_message")
        if frame.seq != 3:  # the message that was deleted since
            assert json.loads(envelope.frame) == json.loads(frame.frame)


async def test_events_reach_the_members_and_the_one_who_goes(api: Api) -> None:
    published: list[Envelope] = []
    api.resources.event_bus.connect(published.append, lambda _: None, lambda: None)
    alice, bob, carol = await api.people("alice", "bob", "carol")

    await _lively_group(alice, bob, carol)

    founders = {alice.user_id, bob.user_id}
    everybody = founders | {carol.user_id}
    assert [set(it.recipients) for it in published] == [founders] * 4 + [everybody] * 4
    assert all(len(it.recipients) == len(set(it.recipients)) for it in published)


async def test_a_seeded_conversation_has_its_beginning_made_when_it_is_read(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob)
    as_stored = (await _events(alice, group))["events"]
    async with api.resources.database.write() as connection:
        of_group = ConversationEvent.conversation_id == UUID(group)
        await connection.execute(update(ConversationEvent).where(of_group).values(payload="{}"))

    as_made = (await _events(alice, group))["events"]

    assert as_made == as_stored
    assert len(as_made[0]["conversation"]["participants"]) == 2
    assert carol.username not in json.dumps(as_made)


async def test_an_edit_of_what_was_sent_before_somebody_joined_shows_them_no_text(
    api: Api,
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob)
    message = (await alice.send(group, "before carol")).json()
    url = f"/api/conversations/{group}"
    added = await alice.client.post(f"{url}/participants", json={"user_id": str(carol.user_id)})
    carols, bobs = await carol.live(), await bob.live()

    await alice.client.patch(f"{url}/messages/{message['id']}", json={"content": "still secret"})
    events = (await carol.client.get(f"{url}/events")).json()["events"]

    assert added.status_code == 201
    assert (await bobs.expect("message_updated"))["message"]["content"] == "still secret"
    hidden = await carols.expect("message_deleted")
    assert hidden["message_id"] == message["id"]
    assert [it["type"] for it in events] == ["participant_added", "message_deleted"]
    assert "secret" not in str(events) + str(carols.frames)
