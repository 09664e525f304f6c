"""Who sees a case, and who decides it."""

import json
from dataclasses import dataclass
from typing import Any

from tests.people import Api
from tests.reports.courts import VERBS, court, listed
from tests.reports.filing import act_on, done, reported, sent
from tests.staff import audited, promoted


async def test_who_has_no_role_sees_no_case_and_the_attempt_is_recorded(api: Api) -> None:
    world = await court(api)

    answers = [await act_on(world.bob, world.case, verb) for verb in VERBS]
    answers.append(await world.alice.client.get(f"/api/admin/cases/{world.case}"))
    answers.append(await world.alice.client.get("/api/admin/cases"))

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, "role_required")}
    entries = await audited(api)
    assert {it.outcome for it in entries} == {"refused"}
    assert [it.target_id for it in entries] == [world.case] * 5 + [None]


async def test_a_moderator_neither_sees_nor_decides_a_case_about_themselves(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (alice,) = await api.people("alice")
    await alice.dm(moderator)
    case = await reported(alice, user_id=moderator.user_id)

    answers = [await act_on(moderator, case, verb) for verb in VERBS]
    answers.append(await moderator.client.get(f"/api/admin/cases/{case}"))

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(400, "acting_on_oneself")}
    assert await listed(moderator) == []
    assert await listed(moderator, user_id=str(moderator.user_id), status="all") == []
    assert [it.reason for it in map(_details, await audited(api))] == ["acting_on_oneself"] * 5


@dataclass
class _Details:
    reason: str


def _details(entry: Any) -> _Details:
    return _Details(json.loads(entry.details)["reason"])


async def test_a_moderator_does_not_decide_what_they_have_reported_themselves(api: Api) -> None:
    world = await court(api)
    message = await sent(world.bob, await world.moderator.dm(world.bob), "insult of the moderator")
    case = await reported(world.moderator, message_id=message)

    answers = [await act_on(world.moderator, case, verb) for verb in VERBS]

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, "own_report")}
    assert [it.outcome for it in await audited(api)] == ["refused"] * 4
    assert case in await listed(world.moderator)


async def test_a_case_about_somebody_with_a_role_is_an_admins(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    other = await promoted(api, "other", "moderator")
    admin = await promoted(api, "root", "admin")
    (alice,) = await api.people("alice")
    await alice.dm(other)
    case = await reported(alice, user_id=other.user_id)

    of_an_admin, of_a_moderator = await listed(admin), await listed(moderator)
    refused = await act_on(moderator, case, "dismiss")
    to_no_judge = await act_on(admin, case, "assign", assignee_id=str(moderator.user_id))
    closed = await done(admin, case, "action")

    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_high")
    assert (to_no_judge.status_code, to_no_judge.json()["code"]) == (409, "not_assignable")
    assert closed["case"]["status"] == "actioned"
    assert (of_an_admin, of_a_moderator) == ([case], [])


async def test_a_case_is_assigned_only_to_who_may_decide_it(api: Api) -> None:
    world = await court(api)
    admin = await promoted(api, "root", "admin")
    away = await promoted(api, "away", "moderator")
    await admin.client.post(f"/api/admin/users/{away.user_id}/ban", json={"reason": "left"})
    message = await sent(world.bob, await world.moderator.dm(world.bob), "insult of the moderator")
    of_the_moderator = await reported(world.moderator, message_id=message)

    for case, person in (
        (world.case, world.alice),  # no role, and the reporter
        (world.case, world.bob),  # the one reported
        (world.case, away),  # shut out
        (of_the_moderator, world.moderator),  # the reporter
    ):
        answer = await act_on(admin, case, "assign", assignee_id=str(person.user_id))

        assert (answer.status_code, answer.json()["code"]) == (409, "not_assignable")
    again = await act_on(admin, world.case, "assign")
    twice = await act_on(admin, world.case, "assign")
    assert again.status_code == 200
    assert (twice.status_code, twice.json()["code"]) == (409, "already_so")
