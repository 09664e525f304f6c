"""The watch, on both stacks: spammers are stopped by what they do, and others are left alone."""

import json
from datetime import timedelta

import pytest

from fynix_server.settings import RateLimit
from fynix_server.spam.assessment_queries import put_restriction
from fynix_server.spam.measures import LASTS, LET_OFF_SPAN, Standing
from fynix_server.spam.score import Measure
from tests.people import Api, Person, Serve
from tests.spam.watched import (
    ENOUGH,
    blast,
    block,
    found,
    is_said_to_be,
    let_time_pass,
    report,
    standing_of,
    strangers,
    until,
    write_to,
)
from tests.staff import audited, promoted

DAY = timedelta(days=1)


@pytest.fixture
async def acting(serve: Serve) -> Api:
    """A server that acts on the score, and lets people send as much as they can."""
    return await serve(rate_limits="off", spam="act")


async def test_a_spammer_is_held_and_suspended_once_others_complain(acting: Api) -> None:
    mallory = await acting.register("mallory")
    live = await mallory.live()

    crowd = await acting.people(*(f"person{number}" for number in range(ENOUGH)))
    await write_to(mallory, [it.user_id for it in crowd])
    let_time_pass(acting)
    held = await until(acting, mallory, lambda it: it.held_until is not None)
    unseen = await mallory.send(await mallory.dm(crowd[0]), "and another")
    for person in crowd[:8]:
        answer = await person.client.put(f"/api/blocks/{mallory.user_id}")
        assert answer.status_code == 201, answer.text
    let_time_pass(acting)
    await until(acting, mallory, lambda it: it.status == "suspended")

    assert (held.status, held.assessment.measure) == ("active", "hold")
    assert unseen.json()["is_held"] is True
    assert await live.closed() == 4013
    assert (await mallory.client.get("/api/users/me")).status_code == 403


async def test_each_measure_stands_in_the_audit_log_with_the_numbers_that_led_to_it(
    acting: Api,
) -> None:
    mallory = await acting.register("mallory")
    crowd = await blast(acting, mallory)
    await until(acting, mallory, lambda it: it.held_until is not None)
    await block(acting, crowd[:8], mallory)
    let_time_pass(acting)
    await until(acting, mallory, lambda it: it.status == "suspended")

    hold, suspension = await audited(acting)

    assert (hold.action, hold.actor_kind, hold.actor_id) == ("spam.hold", "server", "fynix")
    assert (suspension.action, suspension.target_id) == ("spam.suspend", str(mallory.user_id))
    details = json.loads(suspension.details)
    assert details["after"]["signals"]["blocks_received"] == [8, 15]
    assert details["reason"] == f"spam score {details['after']['score']}"
    for word in ("euros", "videos", "manager", "pay.example.com", "mallory", "person"):
        assert word not in hold.details + suspension.details


async def test_who_blasts_half_as_much_is_slowed_down(serve: Serve) -> None:
    api = await serve(
        spam="act",
        rate_limit_messages=RateLimit("1000/60"),
        rate_limit_api=RateLimit("10000/60"),
    )
    mallory = await api.register("mallory")

    crowd = await blast(api, mallory, 22)
    slowed = await until(api, mallory, lambda it: it.override is not None)
    place = (await mallory.client.post(f"/api/conversations/dm/{crowd[0]}")).json()["id"]
    refused = await mallory.send(place, "and another")
    api.clock.advance(LASTS[Measure.SLOW_MODE].total_seconds())
    await log_in_again(api, mallory)
    afterwards = await mallory.send(place, "and another")

    override = slowed.override
    assert (override.bucket, override.max_count, override.window_seconds) == ("messages", 5, 300)
    assert override.until - override.created_at == LASTS[Measure.SLOW_MODE]
    assert (slowed.held_until, slowed.status) == (None, "active")
    assert [it.action for it in await audited(api)] == ["spam.slow_mode"]
    assert (refused.status_code, refused.headers["X-RateLimit-Limit"]) == (429, "5")
    assert (afterwards.status_code, afterwards.headers["X-RateLimit-Limit"]) == (201, "1000")


async def log_in_again(api: Api, person: Person) -> None:
    """For after the clock has moved past the end of their token."""
    body = {"username": person.username, "password": person.password}
    person.take_tokens((await api.client.post("/api/auth/login", json=body)).json())


async def test_a_server_that_observes_says_what_it_would_do_and_does_nothing(serve: Serve) -> None:
    api = await serve(rate_limits="off")
    mallory = await api.register("mallory")

    crowd = await blast(api, mallory)
    await until(api, mallory, lambda it: is_said_to_be("hold", it))
    await block(api, crowd[:8], mallory)
    let_time_pass(api)
    seen = await until(api, mallory, lambda it: is_said_to_be("suspend", it))

    assert seen.assessment.withheld == "observing"
    assert (seen.status, seen.held_until, seen.override) == ("active", None, None)
    assert await audited(api) == []


async def test_a_server_that_is_told_to_judges_nobody_unasked(serve: Serve) -> None:
    api = await serve(rate_limits="off", spam="off")
    mallory = await api.register("mallory")

    await blast(api, mallory)

    assert (await found(api, mallory.user_id)).assessment is None
    assert len(api.resources.suspects) == 0


@pytest.mark.parametrize("role", ["moderator", "admin"])
async def test_nothing_is_done_to_somebody_with_a_role(acting: Api, role: str) -> None:
    boss = await promoted(acting, "boss", role)

    crowd = await blast(acting, boss)
    await block(acting, crowd[:9], boss)
    let_time_pass(acting)
    seen = await until(acting, boss, lambda it: is_said_to_be("suspend", it))

    assert seen.assessment.withheld == "has_role"
    assert (seen.status, seen.held_until, seen.override) == ("active", None, None)
    assert await audited(acting) == []


async def test_who_is_exempt_is_left_alone_until_they_no_longer_are(acting: Api) -> None:
    admin = await promoted(acting, "root", "admin")
    bot = await acting.register("bot")
    url = f"/api/admin/users/{bot.user_id}/spam"
    await admin.client.post(f"{url}/exempt", json={"reason": "a bot"})

    crowd = await blast(acting, bot)
    await report(acting, crowd[:3], bot)
    by_hand = await admin.client.post(f"{url}/judge", json={"reason": "because"})
    seen = await found(acting, bot.user_id)
    await admin.client.post(f"{url}/unexempt", json={"reason": "no bot"})
    await report(acting, crowd[3:4], bot)
    let_time_pass(acting)
    await until(acting, bot, lambda it: it.held_until is not None)

    assert by_hand.json()["done"] == "none"
    assert by_hand.json()["assessment"]["withheld"] == "exempt"
    assert (seen.status, seen.held_until) == ("active", None)


async def test_what_a_moderator_has_lifted_stays_so_for_a_week(acting: Api) -> None:
    moderator = await promoted(acting, "mod", "moderator")
    mallory = await acting.register("mallory")
    crowd = await blast(acting, mallory)
    await until(acting, mallory, lambda it: it.held_until is not None)
    url = f"/api/admin/users/{mallory.user_id}/unhold"
    assert (await moderator.client.post(url, json={"reason": "appeal"})).status_code == 200

    await report(acting, crowd[:1], mallory)
    let_time_pass(acting)
    spared = await until(
        acting, mallory, lambda it: it.assessment is not None and it.assessment.withheld is not None
    )
    within = await standing_of(acting, mallory.user_id)
    acting.clock.advance(LET_OFF_SPAN.total_seconds())
    afterwards = await standing_of(acting, mallory.user_id)

    assert (spared.assessment.withheld, spared.held_until) == ("let_off", None)
    assert within == Standing("user", let_off=Measure.HOLD)
    assert afterwards == Standing("user")


async def test_who_was_let_off_slow_mode_may_still_be_held(acting: Api) -> None:
    admin = await promoted(acting, "root", "admin")
    mallory = await acting.register("mallory")
    await blast(acting, mallory, 22)
    await until(acting, mallory, lambda it: it.override is not None)
    url = f"/api/admin/users/{mallory.user_id}/limits/clear"
    cleared = await admin.client.post(url, json={"reason": "appeal", "bucket": "messages"})
    let_off = await standing_of(acting, mallory.user_id)

    await blast(acting, mallory, ENOUGH - 22)
    seen = await until(acting, mallory, lambda it: it.held_until is not None)

    assert cleared.status_code == 200, cleared.text
    assert let_off == Standing("user", let_off=Measure.SLOW_MODE)
    assert seen.override is None


async def test_who_was_let_off_a_hold_may_still_be_suspended(acting: Api) -> None:
    moderator = await promoted(acting, "mod", "moderator")
    mallory = await acting.register("mallory")
    crowd = await blast(acting, mallory)
    await until(acting, mallory, lambda it: it.held_until is not None)
    url = f"/api/admin/users/{mallory.user_id}/unhold"
    await moderator.client.post(url, json={"reason": "appeal"})

    await block(acting, crowd[:8], mallory)
    let_time_pass(acting)

    await until(acting, mallory, lambda it: it.status == "suspended")


@pytest.mark.parametrize("verb", ["mute", "hold", "shadow-limit"])
async def test_what_a_moderator_has_set_is_not_lengthened(acting: Api, verb: str) -> None:
    moderator = await promoted(acting, "mod", "moderator")
    mallory = await acting.register("mallory")
    await write_to(mallory, await strangers(acting))
    url = f"/api/admin/users/{mallory.user_id}/{verb}"
    done = await moderator.client.post(url, json={"reason": "links", "seconds": 7200})
    until_then = done.json()["user"]["restrictions"]

    let_time_pass(acting)
    await until(acting, mallory, lambda it: is_said_to_be("hold", it))
    url = f"/api/admin/users/{mallory.user_id}"
    person = (await moderator.client.get(url)).json()

    assert person["restrictions"] == until_then
    assert [it.action for it in await audited(acting)] == [f"user.{verb.replace('-', '_')}"]


async def test_complaints_of_people_never_written_to_count_for_nothing(acting: Api) -> None:
    mallory = await acting.register("mallory")
    mob = await strangers(acting, 9)

    await blast(acting, mallory)
    before = await until(acting, mallory, lambda it: it.held_until is not None)
    await block(acting, mob, mallory)
    await report(acting, mob, mallory)
    let_time_pass(acting)
    seen = await until(
        acting, mallory, lambda it: it.assessment.assessed_at > before.assessment.assessed_at
    )

    assert seen.assessment.score == before.assessment.score
    assert (seen.status, seen.held_until) == ("active", before.held_until)


async def test_a_measure_that_is_over_is_taken_again_and_one_that_holds_stays(acting: Api) -> None:
    mallory = await acting.register("mallory")
    now = acting.clock()
    over = {"user_id": mallory.user_id, "kind": "held", "set_by": "fynix", "created_at": now - DAY}
    later = {**over, "created_at": now, "until": now + DAY}

    async with acting.resources.database.write() as connection:
        await put_restriction(connection, {**over, "until": now})
        await put_restriction(connection, later)
        await put_restriction(connection, {**later, "until": now + 2 * DAY})

    assert (await found(acting, mallory.user_id)).held_until == now + DAY
