"""What nobody may do about limits, and what cannot be done."""

from typing import Any
from uuid import uuid4

import pytest

from tests.limits.acts import act, set_limit, shown
from tests.people import Api
from tests.staff import audited, promoted


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("set", {"bucket": "message", "max_count": 1, "window_seconds": 1}, "unknown_bucket"),
        ("set", {"bucket": None, "max_count": 1, "window_seconds": 1}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 0, "window_seconds": 60}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": -5, "window_seconds": 60}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 5, "window_seconds": 0}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 5, "window_seconds": -60}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 10**30, "window_seconds": 1}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 1, "window_seconds": 10**30}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": "100/60"}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": 1.5, "window_seconds": 1}, "invalid_input"),
        ("set", {"bucket": "messages", "max_count": True, "window_seconds": 1}, "invalid_input"),
        ("set", {"bucket": "messages", "limit": "100/60"}, "invalid_input"),
        ("exempt", {}, "invalid_input"),
        ("exempt", {"bucket": "everything"}, "unknown_bucket"),
        ("exempt", {"bucket": "login\x00"}, "unknown_bucket"),
        ("exempt", {"bucket": None, "seconds": 0}, "invalid_input"),
        ("exempt", {"bucket": None, "seconds": 10**12}, "invalid_input"),
        ("exempt", {"bucket": None, "reason": ""}, "invalid_input"),
        ("clear", {}, "invalid_input"),
        ("clear", {"bucket": "x" * 33}, "invalid_input"),
        ("reset", {}, "invalid_input"),
        ("reset", {"bucket": ""}, "invalid_input"),
    ],
)
async def test_what_is_no_bucket_or_no_limit_is_refused_and_changes_nothing(
    api: Api, verb: str, body: dict[str, Any], code: str
) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")

    answer = await act(admin, bob, verb, **body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert {it["override"] for it in (await shown(admin, bob)).values()} == {None}
    assert await audited(api) == []


async def test_doing_it_twice_is_refused_but_another_end_is_a_change(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")

    twice = [await set_limit(admin, bob, "api", "5/60") for _ in range(2)]
    shorter = await set_limit(admin, bob, "api", "5/60", seconds=60)
    exempt = [await act(admin, bob, "exempt", bucket=None) for _ in range(2)]
    cleared = [await act(admin, bob, "clear", bucket="api") for _ in range(2)]

    assert [it.status_code for it in (*twice, shorter, *exempt, *cleared)] == [
        *(200, 409, 200),
        *(200, 409),
        *(200, 409),
    ]
    assert {twice[1].json()["code"], exempt[1].json()["code"]} == {"already_so"}
    assert cleared[1].json()["code"] == "not_so"
    assert len(await audited(api)) == 4


@pytest.mark.parametrize(
    ("whom", "role", "expected"),
    [
        ("bob", "user", (403, "role_required")),
        ("bob", "moderator", (403, "role_required")),
        ("oneself", "admin", (400, "acting_on_oneself")),
        ("nobody", "admin", (404, "user_not_found")),
    ],
)
async def test_who_may_not_is_refused_whatever_they_ask_for(
    api: Api, whom: str, role: str, expected: tuple[int, str]
) -> None:
    actor = await promoted(api, "actor", role)
    (bob,) = await api.people("bob")
    targets = {"bob": bob.user_id, "oneself": actor.user_id, "nobody": uuid4()}
    url = f"/api/admin/users/{targets[whom]}/limits"
    quota = {"bucket": "messages", "max_count": 99, "window_seconds": 1}

    answers = [
        await actor.client.post(f"{url}/{verb}", json={"reason": "because", "bucket": None} | body)
        for verb, body in (("set", quota), ("exempt", {}), ("clear", {}), ("reset", {}))
    ]

    assert {(it.status_code, it.json()["code"]) for it in answers} == {expected}
    entries = await audited(api)
    is_attempt = expected[0] != 404
    assert [it.outcome for it in entries] == ["refused"] * (4 if is_attempt else 0)


async def test_a_user_cannot_see_limits_not_even_their_own(api: Api) -> None:
    bob, carol = await api.people("bob", "carol")

    answers = [await bob.client.get(f"/api/admin/users/{it.user_id}/limits") for it in (bob, carol)]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [(403, "role_required")] * 2
