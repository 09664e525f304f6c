"""Other people's logins: moderators see them, admins end them."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.people import PASSWORD, Api, Person, Serve
from tests.staff import audited, promoted


async def revoke(admin: Person, person: Person, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/sessions/revoke"
    return await admin.client.post(url, json={"reason": "because", **body})


async def log_in_again(api: Api, person: Person) -> Person:
    """The same person at another device."""
    body = {"username": person.username, "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body, headers={"User-Agent": "phone"})
    assert answer.status_code == 200, answer.text
    return Person(api, api.open_client(), answer.json())


async def status_of(person: Person) -> int:
    return (await person.client.get("/api/users/me")).status_code


async def test_a_moderator_sees_the_logins_that_hold_the_latest_begun_first(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")
    phone = await log_in_again(api, bob)
    ended = await log_in_again(api, bob)
    await ended.client.post("/api/auth/logout")
    url = f"/api/admin/users/{bob.user_id}/sessions"

    listed = (await moderator.client.get(url)).json()
    first = (await moderator.client.get(url, params={"limit": 1})).json()
    rest = (await moderator.client.get(url, params={"after": first["next_after"]})).json()

    both = [str(phone.session_id), str(bob.session_id)]
    assert [it["id"] for it in listed["sessions"]] == both
    assert (listed["username"], listed["next_after"]) == ("bob", None)
    assert listed["sessions"][0]["user_agent"] == "phone"
    assert [it["id"] for it in first["sessions"] + rest["sessions"]] == both
    assert rest["next_after"] is None


async def test_ending_one_login_closes_its_sockets_and_leaves_the_others(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    phone = await log_in_again(api, bob)
    at_the_phone, at_home = await phone.live(), await bob.live()

    done = await revoke(admin, bob, session_id=str(phone.session_id))

    assert done.json()["revoked"] == 1, done.text
    assert await at_the_phone.closed() == 4014
    await at_home.barrier()
    assert (await status_of(phone), await status_of(bob)) == (401, 200)
    (entry,) = await audited(api)
    assert (entry.action, entry.target_id) == ("session.revoke", str(bob.user_id))
    assert json.loads(entry.details)["after"] == {
        "revoked": 1,
        "session_id": str(phone.session_id),
    }
    assert done.json()["audit_seq"] == entry.seq


async def test_ending_all_logs_out_everywhere_and_they_may_log_in_again(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    phone = await log_in_again(api, bob)
    lives = [await phone.live(), await bob.live()]

    done = await revoke(admin, bob, session_id=None)

    assert done.json()["revoked"] == 2, done.text
    assert [await it.closed() for it in lives] == [4014, 4014]
    renewed = await api.client.post(
        "/api/auth/refresh", json={"refresh_token": phone.refresh_token}
    )
    assert (await status_of(phone), await status_of(bob), renewed.status_code) == (401, 401, 401)
    assert await status_of(await log_in_again(api, bob)) == 200


@pytest.mark.parametrize("stack", ["full"])
async def test_sockets_on_another_instance_close_too(serve: Serve) -> None:
    api, other = await serve(), await serve()
    admin = await promoted(api, "root", "admin")
    bob = await api.register("bob")
    live = await other.connect(token=bob.access_token)
    await live.barrier()

    await revoke(admin, bob, session_id=None)

    assert await live.closed() == 4014


async def test_a_dry_run_counts_them_and_ends_none(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    live = await bob.live()

    done = await revoke(admin, bob, session_id=None, dry_run=True)

    assert (done.json()["revoked"], done.json()["audit_seq"]) == (1, None)
    await live.barrier()
    assert await status_of(bob) == 200
    assert await audited(api) == []


async def test_what_cannot_be_ended_is_refused(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    ended = str(bob.session_id)
    await revoke(admin, bob, session_id=ended)

    answers = [
        await revoke(admin, bob, session_id=None),
        await revoke(admin, bob, session_id=ended),
        await revoke(admin, bob, session_id=str(carol.session_id)),
        await revoke(admin, bob, session_id=str(uuid4())),
        await revoke(admin, bob, session_id="first"),
        await revoke(admin, bob),
    ]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [
        (409, "not_so"),
        *[(404, "session_not_found")] * 3,
        *[(400, "invalid_input")] * 2,
    ]
    assert await status_of(carol) == 200
    assert len(await audited(api)) == 1


@pytest.mark.parametrize(
    ("role", "whom", "expected"),
    [
        ("user", "bob", (403, "role_required")),
        ("moderator", "bob", (403, "role_required")),
        ("admin", "oneself", (400, "acting_on_oneself")),
    ],
)
async def test_who_may_not_end_logins_is_refused_and_recorded(
    api: Api, role: str, whom: str, expected: tuple[int, str]
) -> None:
    actor = await promoted(api, "actor", role)
    (bob,) = await api.people("bob")

    answer = await revoke(actor, bob if whom == "bob" else actor, session_id=None)

    assert (answer.status_code, answer.json()["code"]) == expected
    assert [it.outcome for it in await audited(api)] == ["refused"]
    assert (await status_of(bob), await status_of(actor)) == (200, 200)


async def test_a_user_sees_nobodys_logins_this_way(api: Api) -> None:
    bob, carol = await api.people("bob", "carol")

    answers = [
        await bob.client.get(f"/api/admin/users/{it.user_id}/sessions") for it in (bob, carol)
    ]

    assert {it.status_code for it in answers} == {403}
