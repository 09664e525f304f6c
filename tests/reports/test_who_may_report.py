"""Who may report what: what they were there for, and nothing by which they would learn more."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from fynix_server.settings import RateLimit
from fynix_server.tables import Message
from tests.people import Api, Person, Serve
from tests.reports.filing import add_to, delete, remove_from, report, reported, sent
from tests.staff import promoted

REFUSED = (404, "message_not_found")


@dataclass
class Club:
    """A group over time. `messages`: ids by when they were sent."""

    group: str
    people: dict[str, Person]
    messages: dict[str, str]


async def club(api: Api) -> Club:
    """bob writes all messages: `first`; then dave joins, `second`; then carol leaves, `third`.

    alice owns it. `deleted` and `hidden` come last. erin is elsewhere.
    """
    alice, bob, carol, dave, erin = await api.people("alice", "bob", "carol", "dave", "erin")
    group = await alice.group("club", bob, carol)
    messages = {"first": await sent(bob, group, "first")}
    await add_to(alice, group, dave)
    messages["second"] = await sent(bob, group, "second")
    await remove_from(alice, group, carol)
    messages["third"] = await sent(bob, group, "third")
    messages["deleted"] = await sent(bob, group, "deleted")
    await delete(bob, group, messages["deleted"])
    messages["hidden"] = await sent(bob, group, "hidden")
    hide = update(Message).where(Message.content == "hidden").values(hidden_because="shadow")
    async with api.resources.database.write() as connection:
        await connection.execute(hide)
    people = {"alice": alice, "bob": bob, "carol": carol, "dave": dave, "erin": erin}
    return Club(group, people, messages)


MAY = {
    # who is there all the time
    ("alice", "first"): True,
    ("alice", "second"): True,
    ("alice", "third"): True,
    ("alice", "deleted"): True,  # whoever deletes quickly is not out of reach
    ("alice", "hidden"): False,  # only its sender sees it
    # who has left
    ("carol", "first"): True,
    ("carol", "second"): True,
    ("carol", "third"): False,
    ("carol", "deleted"): False,
    ("carol", "hidden"): False,
    # who has joined later
    ("dave", "first"): False,
    ("dave", "second"): True,
    ("dave", "third"): True,
    ("dave", "deleted"): True,
    ("dave", "hidden"): False,
    # who was never there
    ("erin", "first"): False,
    ("erin", "second"): False,
    ("erin", "third"): False,
    ("erin", "deleted"): False,
    ("erin", "hidden"): False,
}


async def test_a_message_is_reported_by_whom_it_was_to_read_and_by_nobody_else(api: Api) -> None:
    world = await club(api)
    unknown = await report(world.people["erin"], message_id=uuid4())

    for (name, message), is_allowed in MAY.items():
        answer = await report(world.people[name], message_id=world.messages[message])

        assert answer.status_code == (201 if is_allowed else 404), (name, message, answer.text)
        if not is_allowed:
            # Not a word by which it would differ from what does not exist.
            assert _without_circumstances(answer.json()) == _without_circumstances(unknown.json())


def _without_circumstances(body: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k not in ("timestamp", "request_id")}


async def test_a_stranger_without_a_login_reports_nothing(api: Api) -> None:
    world = await club(api)

    answer = await api.client.post(
        "/api/reports", json={"message_id": world.messages["first"], "reason": "spam"}
    )

    assert answer.status_code == 401


async def test_a_conversation_that_is_named_must_be_the_messages_own(api: Api) -> None:
    world = await club(api)
    alice, bob = world.people["alice"], world.people["bob"]
    message_id = world.messages["first"]
    dm = await alice.dm(bob)

    for elsewhere in (dm, str(uuid4())):
        answer = await report(alice, message_id=message_id, conversation_id=elsewhere)

        assert (answer.status_code, answer.json()["code"]) == REFUSED
    named = await report(alice, message_id=message_id, conversation_id=world.group)
    assert named.status_code == 201
    assert named.json()["conversation_id"] == world.group
    assert named.json()["user_id"] == str(bob.user_id)


async def test_who_comes_back_reports_from_then_on(api: Api) -> None:
    world = await club(api)
    alice, bob, carol = (world.people[name] for name in ("alice", "bob", "carol"))
    await add_to(alice, world.group, carol)
    latest = await sent(bob, world.group, "latest")

    again = await report(carol, message_id=latest)
    before = await report(carol, message_id=world.messages["second"])

    assert again.status_code == 201
    assert (before.status_code, before.json()["code"]) == REFUSED


async def test_a_person_is_reported_by_whom_they_have_met(api: Api) -> None:
    world = await club(api)
    alice, bob, carol, dave, erin = world.people.values()
    await remove_from(alice, world.group, dave)
    frank = await api.register("frank")
    await add_to(alice, world.group, frank)

    met = {
        (carol, bob): 201,  # one of them has left
        (bob, carol): 201,
        (carol, dave): 201,  # both have, and were there together
        (frank, bob): 201,
        (frank, carol): 404,  # she had left before he came
        (carol, frank): 404,
        (erin, bob): 404,
    }
    for (one, other), expected in met.items():
        answer = await report(one, user_id=other.user_id)

        assert answer.status_code == expected, (one.username, other.username, answer.text)
    nobody = await report(erin, user_id=uuid4())
    stranger = await report(erin, user_id=bob.user_id)
    assert _without_circumstances(nobody.json()) == _without_circumstances(stranger.json())


async def test_a_person_is_reported_about_a_conversation_that_both_are_in(api: Api) -> None:
    world = await club(api)
    alice, bob, erin = (world.people[name] for name in ("alice", "bob", "erin"))
    elsewhere = await alice.dm(erin)

    shared = await report(alice, user_id=bob.user_id, conversation_id=world.group)
    not_shared = await report(erin, user_id=bob.user_id, conversation_id=elsewhere)

    assert shared.json()["conversation_id"] == world.group
    assert shared.json()["message_id"] is None
    assert (not_shared.status_code, not_shared.json()["code"]) == (404, "user_not_found")


async def test_nobody_reports_themselves(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    own = await sent(alice, dm, "mine")

    for about in ({"user_id": alice.user_id}, {"message_id": own}):
        answer = await report(alice, **about)

        assert (answer.status_code, answer.json()["code"]) == (400, "reporting_oneself")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "spam"},
        {"reason": "spam", "message_id": str(uuid4()), "user_id": str(uuid4())},
        {"reason": "envy", "message_id": str(uuid4())},
        {"message_id": str(uuid4())},
        {"reason": "spam", "message_id": "1"},
        {"reason": "spam", "message_id": str(uuid4()), "comment": "x" * 2001},
        {"reason": "spam", "message_id": str(uuid4()), "comment": "x\x00"},
    ],
)
async def test_what_is_no_report_is_refused(api: Api, body: dict[str, Any]) -> None:
    (alice,) = await api.people("alice")

    answer = await alice.client.post("/api/reports", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_one_report_of_a_target_is_open_at_a_time(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    message_id = await sent(bob, group, "buy this")
    first = await reported(alice, message_id=message_id)

    again = await report(alice, message_id=message_id)
    person = await report(alice, user_id=bob.user_id)
    another = await report(carol, message_id=message_id)
    closed = await moderator.client.post(
        f"/api/admin/cases/{first}/dismiss", json={"reason": "because"}
    )
    afterwards = await report(alice, message_id=message_id)

    assert (again.status_code, again.json()["code"]) == (409, "already_reported")
    assert (person.status_code, another.status_code) == (201, 201)
    assert closed.status_code == 200
    assert afterwards.status_code == 201


async def test_of_racing_reports_of_one_target_one_is_taken(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    message_id = await sent(bob, await alice.dm(bob), "buy this")

    answers = await asyncio.gather(*(report(alice, message_id=message_id) for _ in range(8)))

    assert sorted(it.status_code for it in answers) == [201] + [409] * 7
    assert len((await alice.client.get("/api/reports")).json()["reports"]) == 1


async def test_a_flood_of_reports_meets_a_limit_of_its_own(serve: Serve) -> None:
    api = await serve(rate_limit_report=RateLimit("3/600"))
    alice, bob = await api.people("alice", "bob")
    message_id = await sent(bob, await alice.dm(bob), "buy this")
    # Guessing at ids counts like anything else.
    guesses = [await report(alice, message_id=uuid4()) for _ in range(3)]

    refused = await report(alice, message_id=message_id)
    others = await report(bob, user_id=alice.user_id)
    api.clock.advance(601)
    later = await report(alice, message_id=message_id)

    assert {it.status_code for it in guesses} == {404}
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert others.status_code == 201
    assert later.status_code == 201


async def test_ones_own_reports_are_listed_page_after_page_and_nobody_elses(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    made = [await reported(alice, message_id=await sent(bob, dm, str(it))) for it in range(5)]
    await reported(bob, user_id=alice.user_id)

    first = (await alice.client.get("/api/reports", params={"limit": 3})).json()
    query = {"limit": 3, "before": first["next_before"]}
    second = (await alice.client.get("/api/reports", params=query)).json()

    listed = [it["id"] for it in first["reports"] + second["reports"]]
    assert listed == made[::-1]
    assert second["next_before"] is None
    assert {it["status"] for it in first["reports"]} == {"open"}
