"""A case from its report to its outcome, with every wrong move, and what is read of it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.people import Api
from tests.reports.courts import VERBS, court, shown
from tests.reports.filing import act_on, done
from tests.staff import audited, promoted

# ── the way of a case ────────────────────────────────────────────────────────────────────────


async def test_a_case_goes_from_open_over_assigned_to_actioned(api: Api) -> None:
    world = await court(api)

    assert (await shown(world.moderator, world.case))["status"] == "open"
    assigned = await done(world.moderator, world.case, "assign")
    assert assigned["case"]["status"] == "assigned"
    assert assigned["case"]["assigned_to"]["username"] == "mod"
    actioned = await done(
        world.moderator, world.case, "action", outcome="They may not write for a day."
    )

    assert actioned["case"]["status"] == "actioned"
    assert actioned["case"]["closed_at"] is not None
    assert [(it.action, it.outcome) for it in await audited(api)] == [
        ("case.assign", "done"),
        ("case.action", "done"),
    ]


async def test_an_open_case_that_is_closed_is_assigned_to_whoever_closes_it(api: Api) -> None:
    world = await court(api)

    dismissed = await done(world.moderator, world.case, "dismiss")

    assert dismissed["case"]["status"] == "dismissed"
    assert dismissed["case"]["assigned_to"]["username"] == "mod"
    (entry,) = await audited(api)
    assert json.loads(entry.details)["before"] == {"status": "open", "assigned_to": None}


async def test_a_case_may_be_given_to_another_and_is_then_theirs_to_close(api: Api) -> None:
    world = await court(api)
    other = await promoted(api, "other", "moderator")

    await done(world.moderator, world.case, "assign", assignee_id=str(other.user_id))
    refused = await act_on(world.moderator, world.case, "action")
    taken_back = await done(world.moderator, world.case, "assign")
    closed = await done(world.moderator, world.case, "action")

    assert (refused.status_code, refused.json()["code"]) == (409, "case_of_another")
    assert taken_back["case"]["assigned_to"]["username"] == "mod"
    assert closed["case"]["status"] == "actioned"


@pytest.mark.parametrize("closing", ["action", "dismiss"])
async def test_a_closed_case_is_only_read(api: Api, closing: str) -> None:
    world = await court(api)
    await done(world.moderator, world.case, closing)
    before = await shown(world.moderator, world.case)

    for verb in ("assign", "action", "dismiss"):
        answer = await act_on(world.moderator, world.case, verb)

        assert (answer.status_code, answer.json()["code"]) == (409, "case_closed"), verb
    assert await shown(world.moderator, world.case) == before
    assert (await done(world.moderator, world.case, "read"))["comment"] == "Again."


async def test_of_two_who_close_a_case_at_once_one_does(api: Api) -> None:
    world = await court(api)
    other = await promoted(api, "other", "moderator")

    answers = await asyncio.gather(
        act_on(world.moderator, world.case, "action", outcome="Done."),
        act_on(other, world.case, "dismiss", outcome="Not done."),
    )

    assert sorted(it.status_code for it in answers) == [200, 409]
    notices = (await world.alice.client.get("/api/notices")).json()["notices"]
    assert len(notices) == 1
    assert len(await audited(api)) == 1


@pytest.mark.parametrize(
    ("verb", "body", "expected"),
    [
        ("assign", {"assignee_id": str(uuid4())}, (404, "user_not_found")),
        ("assign", {"assignee_id": "mod"}, (400, "invalid_input")),
        ("assign", {"reason": " "}, (400, "invalid_input")),
        ("action", {"outcome": ""}, (400, "invalid_input")),
        ("action", {"outcome": "x" * 501}, (400, "invalid_input")),
        ("dismiss", {"outcome": " "}, (400, "invalid_input")),
        ("read", {"reason": ""}, (400, "invalid_input")),
        ("close", {}, (404, "no_such_route")),
    ],
)
async def test_wrong_moves_are_refused_and_change_nothing(
    api: Api, verb: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    world = await court(api)

    answer = await act_on(world.moderator, world.case, verb, **body)

    assert (answer.status_code, answer.json()["code"]) == expected
    assert (await shown(world.moderator, world.case))["status"] == "open"
    assert await audited(api) == []


async def test_an_outcome_must_be_told_of_what_was_done(api: Api) -> None:
    world = await court(api)
    url = f"/api/admin/cases/{world.case}/action"

    answer = await world.moderator.client.post(url, json={"reason": "because"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_there_is_no_such_case(api: Api) -> None:
    world = await court(api)

    answers = [await act_on(world.moderator, str(uuid4()), verb) for verb in VERBS]
    answers.append(await world.moderator.client.get(f"/api/admin/cases/{uuid4()}"))

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(404, "case_not_found")}


# ── looking and reading ──────────────────────────────────────────────────────────────────────


async def test_looking_shows_no_word_of_what_people_wrote_and_reading_is_recorded(
    api: Api,
) -> None:
    world = await court(api)

    case = await world.moderator.client.get(f"/api/admin/cases/{world.case}")
    cases = await world.moderator.client.get("/api/admin/cases")
    unrecorded = await audited(api)
    read = await done(world.moderator, world.case, "read", reason="to judge it")

    for looked in (case, cases):
        assert "insult" not in looked.text
        assert "Again." not in looked.text
    assert (case.json()["has_comment"], case.json()["evidence_messages"]) == (True, 1)
    assert case.json()["pending_about_user"] == 1
    assert case.json()["reason"] == "harassment"
    assert unrecorded == []
    assert read["comment"] == "Again."
    (message,) = read["evidence"]
    assert message["content"] == "insult"
    assert message["sender"]["username"] == "bob"
    assert (message["is_reported"], message["is_deleted"]) == (True, False)
    (entry,) = await audited(api)
    assert (entry.action, entry.target_kind, entry.target_id) == ("case.show", "case", world.case)
    assert json.loads(entry.details)["reason"] == "to judge it"
    assert "insult" not in entry.details


async def test_a_dry_run_of_reading_shows_nothing_since_it_leaves_no_trace(api: Api) -> None:
    world = await court(api)

    read = await done(world.moderator, world.case, "read", dry_run=True)

    assert (read["comment"], read["evidence"], read["audit_seq"]) == (None, [], None)
    assert await audited(api) == []


@pytest.mark.parametrize(
    ("verb", "status"), [("assign", "assigned"), ("action", "actioned"), ("dismiss", "dismissed")]
)
async def test_a_dry_run_tells_what_would_be_and_changes_nothing(
    api: Api, verb: str, status: str
) -> None:
    world = await court(api)
    live = await world.alice.live()
    before = await shown(world.moderator, world.case)

    told = await done(world.moderator, world.case, verb, dry_run=True)
    await live.barrier()

    assert (told["case"]["status"], told["audit_seq"]) == (status, None)
    assert await shown(world.moderator, world.case) == before
    assert await audited(api) == []
    assert live.seen("server_notice") == []
    assert (await world.alice.client.get("/api/notices")).json()["notices"] == []
