"""People as they see themselves and others."""

from typing import Any
from uuid import uuid4

import pytest

from tests.accounts.suspending import suspend
from tests.people import Api, Person


async def _names(person: Person, **query: Any) -> list[str]:
    answer = await person.client.get("/api/users", params=query)
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["users"]]


async def test_others_see_a_persons_name_and_picture_and_nothing_private(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")

    seen = (await alice.client.get(f"/api/users/{bob.user_id}")).json()

    assert set(seen) == {"id", "username", "display_name", "avatar_url", "created_at"}
    assert (seen["id"], seen["username"]) == (str(bob.user_id), "bob")


async def test_an_unknown_person_is_404_and_a_malformed_id_400(api: Api) -> None:
    alice = await api.register("alice")

    assert (await alice.client.get(f"/api/users/{uuid4()}")).status_code == 404
    for malformed in ("alice", "7", "00000000-0000-0000-0000-00000000000g", "%00"):
        assert (await alice.client.get(f"/api/users/{malformed}")).status_code == 400


async def test_people_are_found_by_the_start_of_their_name_in_any_case(api: Api) -> None:
    alice, *_ = await api.people("alice", "alan", "al_1", "bob", "malcolm")

    assert await _names(alice, q="al") == sorted(["alice", "alan", "al_1"])
    assert await _names(alice, q="AL") == sorted(["alice", "alan", "al_1"])
    assert await _names(alice, q="al_") == ["al_1"]
    assert await _names(alice, q="zed") == []


@pytest.mark.parametrize("q", ["%", "_l", "a%", "\x00", "a\x00", "ä", "\\", "'; --", "💐"])
async def test_a_search_takes_wildcards_and_oddities_literally(api: Api, q: str) -> None:
    alice = await api.register("alice")

    assert await _names(alice, q=q) == []


async def test_every_page_goes_on_after_the_one_before(api: Api) -> None:
    names = [f"person{number}" for number in range(7)]
    first, *_ = await api.people(*names)
    found: list[str] = []
    after: dict[str, str] = {}

    while True:
        body = (await first.client.get("/api/users", params={"limit": 3, **after})).json()
        found += [user["username"] for user in body["users"]]
        if body["next_after"] is None:
            break
        after = {"after": body["next_after"]}

    assert found == names


async def test_a_full_last_page_does_not_promise_another(api: Api) -> None:
    alice, *_ = await api.people("alice", "bob")

    body = (await alice.client.get("/api/users", params={"limit": 2})).json()

    assert body["next_after"] is None


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"q": "x" * 33}, {"after": "x" * 33}]
)
async def test_a_malformed_search_is_400(api: Api, query: dict[str, Any]) -> None:
    alice = await api.register("alice")

    assert (await alice.client.get("/api/users", params=query)).status_code == 400


async def test_a_search_after_a_name_with_nul_finds_nobody(api: Api) -> None:
    alice = await api.register("alice")

    assert await _names(alice, after="\x00") == []


async def test_suspended_people_leave_the_search_but_not_the_history(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await suspend(api, bob)

    assert await _names(alice) == ["alice"]
    assert (await alice.client.get(f"/api/users/{bob.user_id}")).status_code == 200


async def test_what_is_left_out_of_a_change_stays_and_null_takes_the_picture_away(
    api: Api,
) -> None:
    alice = await api.register("alice")
    picture = "https://example.com/a.png"

    changes: list[dict[str, Any]] = [
        {"avatar_url": picture},
        {"display_name": "Алиса 🌷"},
        {},
        {"avatar_url": None},
    ]
    answers = [await alice.client.patch("/api/users/me", json=change) for change in changes]

    assert [answer.status_code for answer in answers] == [200] * 4
    seen = [(it.json()["display_name"], it.json()["avatar_url"]) for it in answers]
    assert seen == [
        ("alice", picture),
        ("Алиса 🌷", picture),
        ("Алиса 🌷", picture),
        ("Алиса 🌷", None),
    ]
    assert (await alice.client.get("/api/users/me")).json() == answers[-1].json()


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": None},
        {"display_name": ""},
        {"display_name": "   "},
        {"display_name": "x" * 101},
        {"display_name": "nul\x00"},
        {"display_name": 7},
        {"avatar_url": "javascript:alert(1)"},
        {"avatar_url": "https://example.com/a b"},
        {"avatar_url": ""},
        {"avatar_url": "https://" + "x" * 2000},
    ],
)
async def test_a_change_that_cannot_be_taken_is_400_names_the_field_and_changes_nothing(
    api: Api, change: dict[str, Any]
) -> None:
    alice = await api.register("alice")
    before = (await alice.client.get("/api/users/me")).json()

    # Beside something good, so that half a change would show.
    answer = await alice.client.patch("/api/users/me", json={"display_name": "New", **change})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(change))}"
    assert (await alice.client.get("/api/users/me")).json() == before


async def test_nobody_gives_themselves_a_role_a_name_or_an_id(api: Api) -> None:
    alice = await api.register("alice")
    before = (await alice.client.get("/api/users/me")).json()

    await alice.client.patch(
        "/api/users/me", json={"role": "admin", "username": "root", "id": str(uuid4())}
    )

    assert (await alice.client.get("/api/users/me")).json() == before


async def test_an_ordinary_request_shows_its_limit(api: Api) -> None:
    alice = await api.register("alice")

    answer = await alice.client.get("/api/users/me")

    assert answer.headers["X-RateLimit-Limit"] == "600"
    assert int(answer.headers["X-RateLimit-Remaining"]) < 600
    assert answer.headers["RateLimit-Policy"] == '"api";q=600;w=60'
    assert "Retry-After" not in answer.headers
