"""Reading a reported conversation: only then, only with a reason, and never without a trace."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from fynix_server.tables import Message
from tests.moderation.scene import on_conversation, on_message, reported, sent
from tests.people import Api
from tests.staff import audited, promoted


async def test_deleted_and_hidden_messages_are_shown_as_such_newest_first(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    _, taken, own, held = await sent(alice, dm, "plain", "taken down", "taken back", "held")
    await on_message(moderator, dm, taken, "delete")
    await alice.client.delete(f"/api/conversations/{dm}/messages/{own}")
    async with api.resources.database.write() as connection:
        hidden = update(Message).where(Message.id == UUID(held)).values(hidden_because="held")
        await connection.execute(hidden)
    await reported(api, bob, alice, dm)

    page = await on_conversation(moderator, dm, "read")

    assert page.status_code == 200, page.text
    assert [
        (it["content"], it["is_deleted"], it["deleted_by"], it["hidden_because"])
        for it in page.json()["messages"]
    ] == [
        ("held", False, None, "held"),
        ("taken back", True, str(alice.user_id), None),
        ("taken down", True, str(moderator.user_id), None),
        ("plain", False, None, None),
    ]
    assert page.json()["has_more"] is False


async def test_each_page_is_recorded_with_its_range_and_without_its_texts(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await sent(alice, dm, *(f"secret {it}" for it in range(5)))
    case_id = await reported(api, bob, alice, dm)

    first = (await on_conversation(moderator, dm, "read", limit=3)).json()
    body: dict[str, Any] = {"before_seq": first["first_seq"], "case_id": str(case_id)}
    second = (await on_conversation(moderator, dm, "read", limit=3, **body)).json()

    assert [it["seq"] for it in first["messages"] + second["messages"]] == [6, 5, 4, 3, 2]
    assert (first["has_more"], second["has_more"]) == (True, False)
    entries = await audited(api)
    assert [first["audit_seq"], second["audit_seq"]] == [it.seq for it in entries]
    assert [(it.action, it.target_id) for it in entries] == [("conversation.read", dm)] * 2
    assert [json.loads(it.details)["after"] for it in entries] == [
        {"case_id": None, "count": 3, "first_seq": 4, "last_seq": 6},
        {"case_id": str(case_id), "count": 2, "first_seq": 2, "last_seq": 3},
    ]
    assert "secret" not in str(entries)


async def test_a_dry_run_leaves_no_trace_and_so_shows_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await sent(alice, dm, "secret")
    await reported(api, bob, alice, dm)

    page = await on_conversation(moderator, dm, "read", dry_run=True)

    assert (page.json()["count"], page.json()["messages"]) == (1, [])
    assert "secret" not in page.text
    assert await audited(api) == []


@pytest.mark.parametrize("is_dry_run", [False, True])
@pytest.mark.parametrize("case", ["none", "of another conversation", "of nobody"])
async def test_what_nobody_has_reported_is_not_read_and_the_attempt_is_recorded(
    api: Api, case: str, is_dry_run: bool
) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    dm, other = await alice.dm(bob), await alice.group("other", bob)
    await sent(alice, dm, "secret")
    elsewhere = await reported(api, bob, alice, other)
    case_id = {"of another conversation": str(elsewhere), "of nobody": str(uuid4())}.get(case)

    refused = await on_conversation(admin, dm, "read", case_id=case_id, dry_run=is_dry_run)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_reported")
    assert "secret" not in refused.text
    assert [(it.action, it.outcome, it.target_id) for it in await audited(api)] == [
        ("conversation.read", "refused", dm)
    ]


@pytest.mark.parametrize("what", ["their own report", "a report of them", "of somebody above"])
async def test_a_moderator_cannot_open_a_conversation_by_a_case_that_they_may_not_decide(
    api: Api, what: str
) -> None:
    moderator, admin = await promoted(api, "mod", "moderator"), await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", moderator, admin, bob)
    await sent(alice, group, "secret")
    parties = {
        "their own report": (moderator, bob),
        "a report of them": (bob, moderator),
        "of somebody above": (bob, admin),
    }
    case_id = await reported(api, *parties[what], group)

    answers = [
        await on_conversation(moderator, group, "read", **body)
        for body in ({}, {"case_id": str(case_id)})
    ]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [(403, "not_reported")] * 2
    assert [it.outcome for it in await audited(api)] == ["refused"] * 2


async def test_an_admin_opens_a_conversation_in_which_a_moderator_was_reported(api: Api) -> None:
    moderator, admin = await promoted(api, "mod", "moderator"), await promoted(api, "root", "admin")
    bob = await api.register("bob")
    dm = await bob.dm(moderator)
    await reported(api, bob, moderator, dm)

    page = await on_conversation(admin, dm, "read")

    assert page.status_code == 200, page.text


async def test_a_closed_case_opens_it_too(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await reported(api, bob, alice, dm, status="dismissed")

    page = await on_conversation(moderator, dm, "read")

    assert page.status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": ""}, "invalid_input"),
        ({"reason": None}, "invalid_input"),
        ({"limit": 0}, "invalid_input"),
        ({"limit": 101}, "invalid_input"),
        ({"before_seq": -1}, "invalid_input"),
        ({"before_seq": 2**63}, "invalid_input"),
        ({"case_id": "7"}, "invalid_input"),
        ({"dry_run": "no"}, "invalid_input"),
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await reported(api, bob, alice, dm)

    refused = await on_conversation(moderator, dm, "read", **body)

    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert await audited(api) == []


async def test_who_has_no_role_or_asks_for_nothing_that_is_reads_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await reported(api, bob, alice, dm)

    theirs = await on_conversation(bob, dm, "read")
    nowhere = await on_conversation(moderator, str(uuid4()), "read")

    assert (theirs.status_code, theirs.json()["code"]) == (403, "role_required")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "conversation_not_found")
    assert [it.outcome for it in await audited(api)] == ["refused"]
