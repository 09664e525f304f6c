"""Whose a group's name and description are is told from its log."""

import json
from uuid import UUID

from fynix_server.privacy.group_texts import NamingEvent, texts_by
from fynix_server.privacy.tombstones import tombstone_username, without_person

ALICE, BOB = UUID(int=1), UUID(int=2)


def created(actor: UUID, name: str, description: str | None = None) -> NamingEvent:
    conversation = {"conversation": {"name": name, "description": description}}
    return NamingEvent(1, actor, "conversation_created", json.dumps(conversation))


def updated(seq: int, actor: UUID, name: str, description: str | None = None) -> NamingEvent:
    payload = {"name": name, "description": description, "updated_by": str(actor)}
    return NamingEvent(seq, actor, "conversation_updated", json.dumps(payload))


def rewritten(events: list[NamingEvent]) -> list[tuple[int, str, str | None]]:
    found = []
    for seq, payload in texts_by(ALICE, events).rewritten:
        fields = json.loads(payload)
        texts = fields.get("conversation", fields)
        found.append((seq, texts["name"], texts["description"]))
    return found


def test_what_another_repeated_is_still_hers_and_what_they_wrote_is_not() -> None:
    events = [
        created(BOB, "bob's"),
        updated(2, ALICE, "bob's", "hers"),
        updated(3, BOB, "new", "hers"),
    ]

    texts = texts_by(ALICE, events)

    assert rewritten(events) == [(3, "new", None), (2, "bob's", None)]
    assert texts.current == {"description": "hers"}


def test_a_name_that_another_has_replaced_goes_from_the_log_alone() -> None:
    events = [created(ALICE, "hers"), updated(2, BOB, "bob's")]

    assert rewritten(events) == [(1, "unnamed group", None)]
    assert texts_by(ALICE, events).current == {}


def test_looking_again_after_an_interruption_finds_the_same_ones() -> None:
    events = [
        created(ALICE, "hers", "hers too"),
        updated(2, BOB, "hers", "bob's"),
        updated(3, BOB, "x", "y"),
    ]
    first = texts_by(ALICE, events).rewritten
    done = dict(first[:1])

    again = [
        NamingEvent(it.seq, it.actor_id, it.type, done.get(it.seq, it.payload)) for it in events
    ]

    assert texts_by(ALICE, again).rewritten == first[1:]


def test_the_same_name_given_by_another_is_theirs() -> None:
    events = [created(ALICE, "club"), updated(2, BOB, "other"), updated(3, BOB, "club")]

    assert [seq for seq, _, _ in rewritten(events)] == [1]
    assert texts_by(ALICE, events).current == {}


def test_what_is_done_is_not_done_again() -> None:
    events = [created(ALICE, "hers"), updated(2, ALICE, "unnamed group")]
    (only,) = texts_by(ALICE, events).rewritten

    assert (
        texts_by(ALICE, [NamingEvent(1, ALICE, events[0].type, only[1]), events[1]]).rewritten == []
    )


def test_a_payload_that_cannot_be_read_is_passed_over() -> None:
    broken = [
        NamingEvent(seq, ALICE, "conversation_updated", it)
        for seq, it in enumerate(("{", "[]", "{}", "null"))
    ]

    assert texts_by(ALICE, broken).rewritten == []
    for payload in ("{", f'["{ALICE}"]', f'"{ALICE}"', f'{{"participant":"{ALICE}"}}'):
        assert without_person("participant_added", payload, ALICE, "x") is None


def test_others_in_the_same_event_keep_their_names() -> None:
    people = [
        {"user_id": str(it), "username": name, "display_name": name, "avatar_url": name}
        for it, name in ((ALICE, "alice"), (BOB, "bob"))
    ]
    payload = json.dumps({"conversation": {"participants": people}})

    cleaned = without_person("conversation_created", payload, ALICE, "deleted~1")

    assert cleaned is not None
    alice, bob = json.loads(cleaned)["conversation"]["participants"]
    assert bob == people[1]
    assert alice == {
        "user_id": str(ALICE),
        "username": "deleted~1",
        "display_name": "deleted user",
        "avatar_url": None,
    }
    assert without_person("conversation_created", cleaned, ALICE, "deleted~1") is None


def test_a_tombstone_is_no_name_that_anybody_can_register() -> None:
    name = tombstone_username(UUID("0198c0de-0000-7000-8000-0000000000e1"))

    assert name == "deleted~80000000000000e1"
    assert len(name) <= 32
