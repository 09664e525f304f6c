"""What moderators ask of the spam score and do about it, through the API, on both stacks."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert

from fynix_server.tables import SpamAssessment
from tests.people import Api, Person, Serve
from tests.spam.watched import OFFER, blast, found, is_said_to_be, strangers, until, write_to
from tests.staff import audited, promoted


def path(person: Person, verb: str = "") -> str:
    return f"/api/admin/users/{person.user_id}/spam" + (f"/{verb}" if verb else "")


async def act(moderator: Person, person: Person, verb: str, **body: Any) -> httpx.Response:
    return await moderator.client.post(path(person, verb), json={"reason": "because", **body})


async def listed(moderator: Person, **query: Any) -> dict[str, Any]:
    answer = await moderator.client.get("/api/admin/spam", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_an_explanation_is_computed_now_stores_nothing_and_quotes_nothing(
    serve: Serve,
) -> None:
    api = await serve(rate_limits="off", spam="off")
    moderator = await promoted(api, "mod", "moderator")
    mallory = await api.register("mallory")
    await write_to(mallory, await strangers(api, 12))

    answer = await moderator.client.get(path(mallory))

    explained = answer.json()
    signals = {it["signal"]: it for it in explained["signals"]}
    assert len(signals) == 8
    assert signals["new_partners_last_hour"]["value"] == 12
    assert signals["blocks_received"] == {
        "signal": "blocks_received",
        "value": 0,
        "points": 0,
        "most_points": 15,
        "text": "was blocked by 0 people",
    }
    assert explained["score"] == sum(it["points"] for it in explained["signals"])
    assert (explained["mode"], explained["last"]) == ("off", None)
    for word in ("euros", "liking", "videos", "manager", "pay.example.com"):
        assert word in OFFER
        assert word not in answer.text
    assert (await found(api, mallory.user_id)).assessment is None
    assert await audited(api) == []


async def test_an_explanation_says_what_would_be_done_and_why_it_would_not(serve: Serve) -> None:
    api = await serve(rate_limits="off")
    moderator = await promoted(api, "mod", "moderator")
    mallory = await api.register("mallory")
    await blast(api, mallory)
    await until(api, mallory, lambda it: is_said_to_be("hold", it))

    explained = (await moderator.client.get(path(mallory))).json()

    assert (explained["measure"], explained["withheld"]) == ("hold", "observing")
    assert explained["from_score"] == {"slow_mode": 35, "hold": 50, "suspend": 65}
    assert explained["last"]["measure"] == "hold"


async def test_judging_by_hand_is_audited_with_what_came_of_it(serve: Serve) -> None:
    api = await serve(rate_limits="off", spam="off")
    moderator = await promoted(api, "mod", "moderator")
    mallory = await api.register("mallory")
    await write_to(mallory, await strangers(api))
    acting = await serve(rate_limits="off", spam="act")
    mod = acting.open_client()
    mod.headers["Authorization"] = f"Bearer {moderator.access_token}"
    url, body = path(mallory, "judge"), {"reason": "three cases"}

    dry = await mod.post(url, json={**body, "dry_run": True})
    before = await found(api, mallory.user_id)
    done = await mod.post(url, json=body)

    assert (dry.json()["done"], dry.json()["audit_seq"]) == ("hold", None)
    assert before.assessment is None
    assert before.held_until is None
    assert done.json()["done"] == "hold"
    assert (await found(api, mallory.user_id)).held_until is not None
    hold, judged = await audited(api)
    assert (hold.action, hold.actor_kind) == ("spam.hold", "server")
    assert (judged.action, judged.actor_id) == ("spam.judge", str(moderator.user_id))
    assert done.json()["audit_seq"] == judged.seq
    assert json.loads(judged.details) == {
        "before": {},
        "after": {"score": 50, "measure": "hold", "done": "hold"},
        "reason": "three cases",
    }


@pytest.mark.parametrize(
    ("verb", "whom", "expected"),
    [
        ("judge", "oneself", (400, "acting_on_oneself", True)),
        ("judge", "an admin", (403, "role_too_high", True)),
        ("judge", "nobody", (404, "user_not_found", False)),
        ("exempt", "bob", (403, "role_required", True)),
        ("unexempt", "bob", (403, "role_required", True)),
    ],
)
async def test_what_a_moderator_may_not_do_is_refused_and_an_attempt_at_power_is_recorded(
    api: Api, verb: str, whom: str, expected: tuple[int, str, bool]
) -> None:
    status, code, is_attempt = expected
    moderator = await promoted(api, "mod", "moderator")
    admin = await promoted(api, "root", "admin")
    bob = await api.register("bob")
    ids = {
        "oneself": moderator.user_id,
        "an admin": admin.user_id,
        "nobody": uuid4(),
        "bob": bob.user_id,
    }

    url = f"/api/admin/users/{ids[whom]}/spam/{verb}"
    refused = await moderator.client.post(url, json={"reason": "because"})

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert [it.outcome for it in await audited(api)] == (["refused"] if is_attempt else [])
    assert (await found(api, bob.user_id)).assessment is None


async def test_a_person_without_a_role_learns_of_nobodys_score(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")

    answers = [
        await alice.client.get(path(bob)),
        await alice.client.get(path(alice)),
        await alice.client.get("/api/admin/spam"),
        await act(alice, bob, "judge"),
    ]

    assert {it.status_code for it in answers} == {403}
    assert {it.json()["code"] for it in answers} == {"role_required"}


async def test_an_exemption_is_made_and_ended_once_each(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bot = await api.register("bot")

    dry = await act(admin, bot, "exempt", dry_run=True)
    none = await act(admin, bot, "unexempt")
    made = await act(admin, bot, "exempt")
    again = await act(admin, bot, "exempt")
    among = await listed(admin, exempt="true")
    ended = await act(admin, bot, "unexempt")

    assert dry.json()["assessment"]["is_exempt"] is True
    assert (none.status_code, none.json()["code"]) == (409, "not_so")
    assert made.json()["assessment"]["is_exempt"] is True
    assert (again.status_code, again.json()["code"]) == (409, "already_so")
    assert [it["username"] for it in among["people"]] == ["bot"]
    assert ended.json()["assessment"]["is_exempt"] is False
    assert (await listed(admin, exempt="true"))["people"] == []
    assert [it.action for it in await audited(api)] == ["spam.exempt", "spam.unexempt"]


async def test_pages_of_the_list_have_everybody_once_the_highest_scores_first(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    scores = [70, 52, 52, 52, 40, 0]
    ids = await strangers(api, len(scores))
    rows = [
        {
            "user_id": user_id,
            "score": score,
            "measure": "hold" if score == 52 else "none",
            "assessed_at": api.clock(),
        }
        for user_id, score in zip(ids, scores, strict=True)
    ]
    async with api.resources.database.write() as connection:
        await connection.execute(insert(SpamAssessment), rows)

    pages, after = [], None
    while True:
        page = await listed(moderator, limit=2, **({"after": after} if after else {}))
        pages.append([it["score"] for it in page["people"]])
        after = page["next_after"]
        if after is None:
            break
    of_one = await listed(moderator, measure="hold")

    assert pages == [[70, 52], [52, 52], [40]]
    assert len({it["user_id"] for it in of_one["people"]}) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"after": "52"},
        {"after": "x:0198c0de-0000-7000-8000-00000000000b"},
        {"after": "-1:0198c0de-0000-7000-8000-00000000000b"},
        {"after": "52:\x00"},
        {"after": "9" * 41},
        {"measure": "ban"},
        {"limit": "0"},
        {"exempt": "perhaps"},
    ],
)
async def test_a_list_that_cannot_be_is_refused(api: Api, query: dict[str, str]) -> None:
    moderator = await promoted(api, "mod", "moderator")

    answer = await moderator.client.get("/api/admin/spam", params=query)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
