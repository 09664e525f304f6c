"""Sessions: going on with one, seeing them, ending them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed

from fynix_server.tables import RefreshToken
from tests.people import PASSWORD, Api, Live, Person


async def _refresh(api: Api, refresh_token: str) -> httpx.Response:
    return await api.client.post("/api/auth/refresh", json={"refresh_token": refresh_token})


async def _log_in_again(api: Api, person: Person) -> Person:
    """The same person on another device."""
    answer = await api.client.post(
        "/api/auth/login",
        json={"username": person.username, "password": PASSWORD},
        headers={"User-Agent": "another device"},
    )
    client = httpx.AsyncClient(base_url=api.url, timeout=10)
    api._stack.push_async_callback(client.aclose)
    return Person(api, client, answer.json())


async def _is_in(person: Person) -> bool:
    answer = await person.client.get("/api/users/me")
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def _listed(person: Person) -> list[dict[str, Any]]:
    answer = await person.client.get("/api/auth/sessions")
    assert answer.status_code == 200
    sessions: list[dict[str, Any]] = answer.json()["sessions"]
    return sessions


async def test_a_refresh_gives_new_tokens_of_the_same_session(api: Api) -> None:
    alice = await api.register("alice")
    session_id, first_token = alice.session_id, alice.refresh_token
    api.clock.advance(31 * 60)
    assert not await _is_in(alice)

    answer = await _refresh(api, first_token)

    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != first_token
    alice.take_tokens(answer.json())
    assert alice.session_id == session_id
    assert await _is_in(alice)


async def test_refresh_tokens_work_one_after_the_other(api: Api) -> None:
    alice = await api.register("alice")

    for _ in range(5):
        alice.take_tokens((await _refresh(api, alice.refresh_token)).json())

    assert await _is_in(alice)


async def test_a_refresh_token_used_twice_ends_the_session_for_both(api: Api) -> None:
    alice = await api.register("alice")
    elsewhere = await _log_in_again(api, alice)
    stolen = alice.refresh_token
    alice.take_tokens((await _refresh(api, stolen)).json())
    assert await _is_in(alice)

    answer = await _refresh(api, stolen)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")
    assert not await _is_in(alice)
    assert (await _refresh(api, alice.refresh_token)).status_code == 401
    assert await _is_in(elsewhere)


async def test_of_two_refreshes_at_once_at_most_one_gets_tokens(api: Api) -> None:
    alice = await api.register("alice")

    answers = await asyncio.gather(*(_refresh(api, alice.refresh_token) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    assert not await _is_in(alice)


async def test_reuse_closes_the_sockets_of_the_session_with_4014(api: Api) -> None:
    alice = await api.register("alice")
    live = await alice.live()
    await _refresh(api, alice.refresh_token)

    await _refresh(api, alice.refresh_token)

    assert await live.closed() == 4014


@pytest.mark.parametrize("token", ["x", "x" * 200, "ä", "nul\x00", "'; DROP TABLE users; --"])
async def test_an_unknown_refresh_token_is_401(api: Api, token: str) -> None:
    answer = await _refresh(api, token)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(api: Api) -> None:
    alice = await api.register("alice")

    assert (await _refresh(api, alice.access_token[:200])).status_code == 401
    answer = await api.client.get(
        "/api/users/me", headers={"Authorization": f"Bearer {alice.refresh_token}"}
    )
    assert answer.status_code == 401


async def test_a_login_ends_when_it_is_not_used_for_thirty_days(api: Api) -> None:
    alice = await api.register("alice")
    api.clock.advance(29 * 86400)
    alice.take_tokens((await _refresh(api, alice.refresh_token)).json())
    api.clock.advance(29 * 86400)
    alice.take_tokens((await _refresh(api, alice.refresh_token)).json())

    api.clock.advance(30 * 86400 + 1)

    assert (await _refresh(api, alice.refresh_token)).status_code == 401


async def test_only_the_hash_of_a_refresh_token_is_stored(api: Api) -> None:
    alice = await api.register("alice")

    async with api.resources.database.read() as connection:
        stored = (await connection.scalars(select(RefreshToken.token_hash))).all()

    assert len(stored) == 1
    assert alice.refresh_token not in stored


async def test_logging_out_ends_the_session_and_its_refresh_token_at_once(api: Api) -> None:
    alice = await api.register("alice")
    elsewhere = await _log_in_again(api, alice)
    assert await _is_in(alice)

    answer = await alice.client.post("/api/auth/logout")

    assert (answer.status_code, answer.content) == (204, b"")
    refused = await alice.client.get("/api/users/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "session_revoked")
    assert (await _refresh(api, alice.refresh_token)).status_code == 401
    assert (await alice.client.post("/api/auth/logout")).status_code == 401
    assert await _is_in(elsewhere)


async def test_a_requests_burst_around_a_logout_leaves_nobody_in(api: Api) -> None:
    alice = await api.register("alice")

    await asyncio.gather(
        *(alice.client.get("/api/users/me") for _ in range(10)),
        alice.client.post("/api/auth/logout"),
        *(alice.client.get("/api/users/me") for _ in range(10)),
    )

    assert not await _is_in(alice)


async def test_a_persons_sessions_are_listed_the_latest_used_first(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    api.clock.advance(60)
    elsewhere = await _log_in_again(api, alice)
    api.clock.advance(60)
    alice.take_tokens((await _refresh(api, alice.refresh_token)).json())

    listed = await _listed(alice)

    assert [it["id"] for it in listed] == [str(alice.session_id), str(elsewhere.session_id)]
    assert [it["is_current"] for it in listed] == [True, False]
    assert listed[1]["user_agent"] == "another device"
    assert listed[0]["last_used_at"] > listed[0]["created_at"]
    assert set(listed[0]) == {
        *("id", "created_at", "last_used_at", "expires_at", "user_agent", "is_current")
    }
    assert str(bob.session_id) not in {it["id"] for it in listed}


async def test_ending_one_session_leaves_the_others(api: Api) -> None:
    alice = await api.register("alice")
    lost = await _log_in_again(api, alice)
    assert await _is_in(lost)

    answer = await alice.client.delete(f"/api/auth/sessions/{lost.session_id}")

    assert answer.status_code == 204
    assert not await _is_in(lost)
    assert [it["id"] for it in await _listed(alice)] == [str(alice.session_id)]
    again = await alice.client.delete(f"/api/auth/sessions/{lost.session_id}")
    assert (again.status_code, again.json()["code"]) == (404, "session_not_found")


async def test_nobody_ends_anothers_session_or_learns_that_it_exists(api: Api) -> None:
    alice, mallory = await api.people("alice", "mallory")

    foreign = await mallory.client.delete(f"/api/auth/sessions/{alice.session_id}")
    unknown = await mallory.client.delete(f"/api/auth/sessions/{uuid4()}")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"] == unknown.json()["detail"]
    assert await _is_in(alice)


@pytest.mark.parametrize("session_id", ["7", "not-a-uuid", "%00", "me"])
async def test_a_malformed_session_id_is_400(api: Api, session_id: str) -> None:
    alice = await api.register("alice")

    answer = await alice.client.delete(f"/api/auth/sessions/{session_id}")

    assert answer.status_code == 400


async def test_ending_all_others_keeps_the_session_that_asks(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    others = [await _log_in_again(api, alice) for _ in range(3)]
    live = await others[0].live()

    answer = await alice.client.delete("/api/auth/sessions")

    assert answer.status_code == 204
    assert [await _is_in(it) for it in others] == [False] * 3
    assert await live.closed() == 4014
    assert await _is_in(alice)
    assert await _is_in(bob)


async def test_a_long_user_agent_is_cut_and_a_missing_one_is_null(api: Api) -> None:
    alice = await api.register("alice")
    credentials = {"username": "alice", "password": PASSWORD}
    api.client.headers["User-Agent"] = "x" * 5000
    await api.client.post("/api/auth/login", json=credentials)
    del api.client.headers["User-Agent"]
    await api.client.post("/api/auth/login", json=credentials)

    agents = [it["user_agent"] for it in await _listed(alice)]

    assert "x" * 200 in agents
    assert None in agents


async def test_a_ticket_is_made_for_thirty_seconds_and_opens_one_socket(api: Api) -> None:
    alice = await api.register("alice")

    answer = await alice.client.post("/api/ws/ticket")

    assert (answer.status_code, answer.json()["expires_in"]) == (201, 30)
    ticket = answer.json()["ticket"]
    keys = await api.resources.redis.keys("ws_ticket:*")
    assert len(keys) == 1
    assert ticket not in str(keys)
    live = await api.connect(query=f"?ticket={ticket}")
    await live.barrier()
    assert await (await api.connect(query=f"?ticket={ticket}")).closed() == 4001


async def test_a_ticket_ends_after_thirty_seconds_and_with_its_session(api: Api) -> None:
    alice = await api.register("alice")
    late = (await alice.client.post("/api/ws/ticket")).json()["ticket"]
    api.clock.advance(30)
    revoked = (await alice.client.post("/api/ws/ticket")).json()["ticket"]
    await alice.client.post("/api/auth/logout")

    assert await (await api.connect(query=f"?ticket={late}")).closed() == 4001
    assert await (await api.connect(query=f"?ticket={revoked}")).closed() == 4014


async def test_of_many_that_use_a_ticket_at_once_one_gets_in(api: Api) -> None:
    alice = await api.register("alice")
    ticket = (await alice.client.post("/api/ws/ticket")).json()["ticket"]

    sockets = await asyncio.gather(*(api.connect(query=f"?ticket={ticket}") for _ in range(6)))

    assert sorted(await asyncio.gather(*map(_is_served, sockets))) == [False] * 5 + [True]


async def _is_served(live: Live) -> bool:
    try:
        await live.barrier()
    except (AssertionError, ConnectionClosed):
        assert await live.closed() == 4001
        return False
    return True
