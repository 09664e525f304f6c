"""Removing what somebody wrote lately: everywhere, all of it, and nothing else."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from fynix_server.moderation.content import purging
from tests.moderation.scene import counters, purge, replayed, seen, sent, unsound
from tests.people import Api, Person, Serve
from tests.staff import act, audited, promoted

DAY = 24 * 3600


async def spam(alice: Person, bob: Person, others: list[Person]) -> list[str]:
    """bob writes to everybody, and in a group; alice too. The conversations of bob."""
    places = [await bob.dm(alice), *[await bob.dm(it) for it in others]]
    places.append(await alice.group("club", bob, *others))
    for place in places:
        await sent(bob, place, "buy", "this")
    await sent(alice, places[0], "please stop")
    await sent(alice, places[-1], "really")
    return places


async def test_all_that_they_wrote_goes_everywhere_and_nothing_else(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    places = await spam(alice, bob, [carol])
    live = await alice.live()

    done = await purge(moderator, bob, since_seconds=DAY)

    assert done.status_code == 200, done.text
    assert {it["conversation_id"]: it["count"] for it in done.json()["conversations"]} == (
        dict.fromkeys(places, 2)
    )
    assert (done.json()["count"], done.json()["next"]) == (6, None)
    frames = await live.expect_count("message_deleted", 4)
    assert {it["deleted_by"] for it in frames} == {None}
    assert await seen(alice, places[0]) == (["please stop"], 1, 0)
    assert await seen(carol, places[1]) == ([], 0, 0)
    assert await seen(carol, places[-1]) == (["really"], 1, 1)
    assert await unsound(api) == []


async def test_a_dry_run_counts_what_the_real_one_removes(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    places = await spam(alice, bob, [carol])
    before = [await counters(api, it) for it in places]
    live = await alice.live()

    tried = (await purge(moderator, bob, since_seconds=DAY, dry_run=True)).json()
    await live.barrier()

    assert [await counters(api, it) for it in places] == before
    assert live.seen("message_deleted") == []
    assert await audited(api) == []
    done = (await purge(moderator, bob, since_seconds=DAY)).json()
    assert (tried["count"], tried["conversations"]) == (done["count"], done["conversations"])
    assert (tried["audit_seqs"], len(done["audit_seqs"])) == ([], 1)


async def test_where_only_they_saw_it_it_goes_too(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await bob.dm(alice)
    await act(moderator, bob, "shadow-limit")
    await sent(bob, dm, "buy this")

    tried = await purge(moderator, bob, since_seconds=DAY, dry_run=True)
    done = await purge(moderator, bob, since_seconds=DAY)

    assert (tried.json()["count"], done.json()["count"]) == (1, 1)
    assert await bob.messages(dm) == []
    assert await unsound(api) == []


async def test_what_is_older_than_the_cut_off_stays(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await bob.dm(alice)
    await sent(bob, dm, "old")
    api.clock.advance(3600)
    body = {"username": "mod", "password": moderator.password}
    moderator.take_tokens((await api.client.post("/api/auth/login", json=body)).json())
    bob.take_tokens(
        (await api.client.post("/api/auth/login", json=body | {"username": "bob"})).json()
    )
    await sent(bob, dm, "new")

    done = await purge(moderator, bob, since_seconds=60)

    assert done.json()["count"] == 1
    assert [it["content"] for it in await bob.messages(dm)] == ["old"]


async def test_where_they_are_no_more_it_goes_too(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    await sent(bob, group, "bye")
    await bob.client.delete(f"/api/conversations/{group}/participants/{bob.user_id}")

    done = await purge(moderator, bob, since_seconds=DAY)

    assert done.json()["count"] == 1
    assert await seen(alice, group) == ([], 0, 0)


async def test_doing_it_again_finds_nothing_and_leaves_a_trace_all_the_same(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    places = await spam(alice, bob, [carol])
    await purge(moderator, bob, since_seconds=DAY)
    before = [await counters(api, it) for it in places]

    again = await purge(moderator, bob, since_seconds=DAY)

    assert (again.json()["count"], again.json()["conversations"]) == (0, [])
    assert [await counters(api, it) for it in places] == before
    assert [json.loads(it.details)["after"]["messages"] for it in await audited(api)] == [
        dict.fromkeys(sorted(places), 2),
        {},
    ]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few messages in a transaction, and few of those in a request."""
    monkeypatch.setattr(purging, "MESSAGES_A_TRANSACTION", 3)
    monkeypatch.setattr(purging, "MESSAGES_A_REQUEST", 7)
    monkeypatch.setattr(purging, "CONVERSATIONS_A_PAGE", 2)


async def all_parts(moderator: Person, person: Person, **body: Any) -> list[dict[str, Any]]:
    parts = [(await purge(moderator, person, since_seconds=DAY, **body)).json()]
    while parts[-1]["next"] is not None:
        more = {"since": parts[-1]["since"], "after": parts[-1]["next"], **body}
        parts.append((await purge(moderator, person, **more)).json())
    return parts


@pytest.mark.usefixtures("small")
async def test_much_goes_in_parts_each_with_its_entry(unlimited: Api) -> None:
    api = unlimited
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, *others = await api.people("alice", "bob", "carol", "dave", "erin")
    places = await spam(alice, bob, others)
    await sent(bob, places[-1], *(f"more {it}" for it in range(11)))
    await sent(bob, places[1], *(f"more {it}" for it in range(6)))

    tried = await all_parts(moderator, bob, dry_run=True)
    done = await all_parts(moderator, bob)

    assert [it["count"] for it in tried] == [it["count"] for it in done] == [7, 7, 7, 6]
    assert [it["conversations"] for it in tried] == [it["conversations"] for it in done]
    entries = await audited(api)
    assert [it.seq for it in entries] == [seq for part in done for seq in part["audit_seqs"]]
    counts = [sum(json.loads(it.details)["after"]["messages"].values()) for it in entries]
    assert (sum(counts), max(counts)) == (27, 3)
    for place in places:
        numbers = [it["seq"] for it in await replayed(bob, place)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert await unsound(api) == []


@pytest.mark.usefixtures("small")
async def test_two_at_once_and_people_who_go_on_writing_leave_all_sound(unlimited: Api) -> None:
    api = unlimited
    moderators = [await promoted(api, f"mod{it}", "moderator") for it in range(2)]
    alice, bob, carol = await api.people("alice", "bob", "carol")
    places = await spam(alice, bob, [carol])

    parts, *_ = await asyncio.gather(
        asyncio.gather(*(all_parts(it, bob) for it in moderators)),
        *(sent(alice, places[0], f"meanwhile {it}") for it in range(10)),
        *(sent(carol, places[-1], f"meanwhile {it}") for it in range(10)),
    )

    assert sum(part["count"] for each in parts for part in each) == 6
    assert await unsound(api) == []
    assert len((await seen(alice, places[-1]))[0]) == 11


@pytest.mark.parametrize("stack", ["full"])
async def test_two_instances_at_once_remove_each_message_once(serve: Serve) -> None:
    api, other = await serve(rate_limits="off"), await serve(rate_limits="off")
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await spam(alice, bob, [carol])
    url = f"/api/admin/users/{bob.user_id}/purge"
    headers = {"Authorization": f"Bearer {moderator.access_token}"}
    body = {"reason": "spam", "since_seconds": DAY}

    answers = await asyncio.gather(
        *(it.client.post(url, json=body, headers=headers) for it in (api, other))
    )

    assert sum(it.json()["count"] for it in answers) == 6
    assert await unsound(api) == []


@pytest.mark.parametrize(
    ("whom", "body", "expected"),
    [
        ("bob", {}, (400, "invalid_input")),
        ("bob", {"since_seconds": 0}, (400, "invalid_input")),
        ("bob", {"since_seconds": "24h"}, (400, "invalid_input")),
        ("bob", {"since_seconds": 10**12}, (400, "invalid_input")),
        ("bob", {"since_seconds": 60, "since": "2026-01-01T00:00:00Z"}, (400, "invalid_input")),
        ("bob", {"since": "2999-01-01T00:00:00Z"}, (400, "invalid_input")),
        ("bob", {"since": "2026-01-01T00:00:00"}, (400, "invalid_input")),
        ("bob", {"since": "0001-01-01T00:00:00+14:00"}, (400, "invalid_input")),
        ("bob", {"since_seconds": 60, "reason": " "}, (400, "invalid_input")),
        ("bob", {"since_seconds": 60, "after": {"seq": 1}}, (400, "invalid_input")),
        ("nobody", {"since_seconds": 60}, (404, "user_not_found")),
        ("oneself", {"since_seconds": 60}, (400, "acting_on_oneself")),
        ("an admin", {"since_seconds": 60}, (403, "role_too_high")),
    ],
)
async def test_what_cannot_be_done_is_refused_and_removes_nothing(
    api: Api, whom: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    admin = await promoted(api, "root", "admin")
    bob = await api.register("bob")
    people = {"bob": bob, "oneself": moderator, "an admin": admin}
    dm = await people.get(whom, bob).dm(await api.register("carol"))
    await sent(people.get(whom, bob), dm, "text")

    target = people[whom].user_id if whom in people else uuid4()
    url = f"/api/admin/users/{target}/purge"
    refused = await moderator.client.post(url, json={"reason": "because", **body})

    assert (refused.status_code, refused.json()["code"]) == expected
    assert (await counters(api, dm)).message_count == 1
    is_attempt = expected[1] in ("acting_on_oneself", "role_too_high")
    assert [it.outcome for it in await audited(api)] == ["refused"] * is_attempt


async def test_a_place_of_somebody_elses_conversation_removes_nothing_of_others(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    foreign = await alice.dm(carol)
    await sent(alice, foreign, "text")
    after = {"conversation_id": foreign, "created_at": "2000-01-01T00:00:00Z", "seq": 0}

    done = await purge(moderator, bob, since_seconds=DAY, after=after)

    assert done.json()["count"] == 0
    assert (await counters(api, foreign)).message_count == 1
