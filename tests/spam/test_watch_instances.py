"""The watch of several instances, and of one that was started anew."""

import asyncio

import pytest
from sqlalchemy import text

from fynix_server import metrics
from fynix_server.spam import assessment_queries
from fynix_server.spam.watch import COOL_DOWN
from tests.people import Api, Serve
from tests.spam.watched import (
    OFFER,
    Found,
    blast,
    block,
    eventually,
    let_time_pass,
    strangers,
    until,
    write_to,
)
from tests.staff import audited


def assessments() -> float:
    """How many were made in this process, which all instances of a test share."""
    return sum(
        sample.value
        for family in metrics.spam_assessments.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    )


def is_assessed(found: Found) -> bool:
    return found.assessment is not None and found.assessment.assessed_at is not None


@pytest.mark.parametrize("stack", ["full"])
async def test_two_instances_that_note_somebody_judge_them_once(serve: Serve) -> None:
    api, other = await serve(spam="act"), await serve(spam="act")
    mallory, alice = await api.people("mallory", "alice")
    before = assessments()
    now = api.clock()
    for instance in (api, other):
        for _ in range(3):
            instance.resources.suspects.note_sent(mallory.user_id, 2, now)
    await until(api, mallory, is_assessed)

    # Whoever of the two has not taken mallory yet does so before alice.
    for instance in (api, other):
        for _ in range(3):
            instance.resources.suspects.note_sent(alice.user_id, 2, now)
    await until(api, alice, is_assessed)
    await eventually(lambda: len(api.resources.suspects) == 0)
    await eventually(lambda: len(other.resources.suspects) == 0)

    assert assessments() - before == 2


async def test_of_many_who_set_out_to_judge_somebody_one_does(api: Api) -> None:
    (mallory,) = await api.people("mallory")
    database, now = api.resources.database, api.clock()

    async def claim() -> bool:
        async with database.write() as connection:
            return await assessment_queries.claim(connection, mallory.user_id, now - COOL_DOWN, now)

    claims = await asyncio.gather(*(claim() for _ in range(5)))

    assert sorted(claims) == [False, False, False, False, True]


@pytest.mark.parametrize("stack", ["full"])
async def test_complaints_stored_by_one_instance_are_found_by_another(serve: Serve) -> None:
    api = await serve(rate_limits="off", spam="off")
    mallory = await api.register("mallory")
    crowd = await strangers(api)
    await write_to(mallory, crowd)
    other = await serve(spam="act")

    await block(api, crowd[:8], mallory)
    let_time_pass(other)

    await until(other, mallory, lambda it: it.status == "suspended")
    assert (await mallory.client.get("/api/users/me")).status_code == 403


async def test_what_was_taken_holds_after_a_restart_and_is_not_taken_again(serve: Serve) -> None:
    api = await serve(rate_limits="off", spam="act")
    mallory = await api.register("mallory")
    crowd = await blast(api, mallory)
    held = await until(api, mallory, lambda it: it.held_until is not None)

    again = await serve(rate_limits="off", spam="act")
    headers = {"Authorization": f"Bearer {mallory.access_token}"}
    dm = await again.client.post(f"/api/conversations/dm/{crowd[0]}", headers=headers)
    url = f"/api/conversations/{dm.json()['id']}/messages"
    unseen = await again.client.post(url, json={"content": OFFER}, headers=headers)
    await block(again, crowd[:1], mallory)
    let_time_pass(again)
    seen = await until(again, mallory, lambda it: it.assessment.withheld == "in_force")

    assert unseen.json()["is_held"] is True
    assert seen.held_until == held.held_until
    assert [it.action for it in await audited(again)] == ["spam.hold"]


@pytest.mark.parametrize("stack", ["full"])
async def test_whoever_was_due_while_the_database_was_stuck_is_judged_afterwards(
    serve: Serve,
) -> None:
    api, other = await serve(database_timeout_seconds=1), await serve(spam="off")
    mallory = await api.register("mallory")
    async with other.resources.database.write() as stuck:
        # It keeps judgements out, but not the watch's look at complaints, which comes first.
        await stuck.execute(text("LOCK TABLE spam_assessments IN SHARE MODE"))
        for _ in range(3):
            api.resources.suspects.note_sent(mallory.user_id, 2, api.clock())
        # Taken, and put back once the database has let the watch wait for too long.
        await eventually(lambda: len(api.resources.suspects) == 0)
        await eventually(lambda: len(api.resources.suspects) == 1)

    let_time_pass(api)

    await until(api, mallory, is_assessed)
