"""Making an account and logging in to it."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from fynix_server.settings import RateLimit
from fynix_server.tables import Session, User
from tests.accounts.suspending import suspend
from tests.people import PASSWORD, Api, Serve


async def _register(api: Api, username: Any, password: Any = PASSWORD) -> httpx.Response:
    body = {"username": username, "password": password}
    return await api.client.post("/api/auth/register", json=body)


async def _log_in(api: Api, username: Any, password: Any = PASSWORD) -> httpx.Response:
    body = {"username": username, "password": password}
    return await api.client.post("/api/auth/login", json=body)


async def _count(api: Api, table: type[User] | type[Session]) -> int:
    async with api.resources.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_registering_answers_201_with_tokens_that_work(api: Api) -> None:
    answer = await api.client.post(
        "/api/auth/register",
        json={"username": "alice", "password": PASSWORD, "display_name": "Alice 🌷"},
    )

    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["user"]["username"] == "alice"
    assert body["user"]["display_name"] == "Alice 🌷"
    assert body["user"]["role"] == "user"
    assert body["user"]["created_at"].endswith("Z")
    me = await api.client.get(
        "/api/users/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert me.json() == body["user"]


async def test_nobody_registers_with_a_role_of_their_choice(api: Api) -> None:
    body = {"username": "mallory", "password": PASSWORD, "role": "admin", "status": "active"}

    answer = await api.client.post("/api/auth/register", json=body)

    assert answer.json()["user"]["role"] == "user"


async def test_a_name_is_taken_whatever_its_case(api: Api) -> None:
    await api.register("alice")

    for name in ("alice", "Alice", "ALICE"):
        answer = await _register(api, name)
        assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")

    assert await _count(api, User) == 1


async def test_of_two_that_register_a_name_at_once_one_gets_it(api: Api) -> None:
    answers = await asyncio.gather(*(_register(api, name) for name in ("Alice", "alice")))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await _count(api, User) == 1
    assert await _count(api, Session) == 1


@pytest.mark.parametrize(
    "username",
    [
        *("", "al", "a" * 33, "al ice", "alice\n", "ali/ce", "@alice", "ali\x00ce", "💐💐💐"),
        *("älice", "\u0430lice", "\u212aate"),  # a Cyrillic a; a Kelvin sign that folds to k
        *(None, 7, ["alice"]),
    ],
)
async def test_a_name_that_nobody_may_have_is_400_naming_the_field(api: Api, username: Any) -> None:
    answer = await _register(api, username)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert await _count(api, User) == 0


@pytest.mark.parametrize(
    "password", ["", "short", "x" * 129, "x" * 200_000, "with\x00nul", None, 12345678, ["x"] * 8]
)
async def test_a_password_that_cannot_be_taken_is_400_and_not_repeated(
    api: Api, password: Any
) -> None:
    answer = await _register(api, "alice", password)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "body.password"
    assert not password or str(password) not in answer.text
    assert await _count(api, User) == 0


async def test_an_enormous_password_is_refused_before_it_is_hashed(api: Api) -> None:
    assert (await _register(api, "alice", "x" * 300_000)).status_code == 413
    assert (await _log_in(api, "alice", "x" * 300_000)).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"alice"', b"\xff\xfe", b"[" * 50_000]
)
async def test_a_body_that_is_no_such_object_is_400(api: Api, body: bytes) -> None:
    for path in ("register", "login", "refresh"):
        answer = await api.client.post(
            f"/api/auth/{path}", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, path
        assert answer.json()["status_code"] == 400


async def test_closed_registration_answers_403_and_makes_nothing(serve: Serve) -> None:
    api = await serve(registration="closed")

    answer = await _register(api, "alice")

    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert await _count(api, User) == 0


async def test_logging_in_answers_200_and_begins_a_session_of_its_own(api: Api) -> None:
    alice = await api.register("alice")

    for name in ("alice", "Alice", "ALICE"):
        answer = await _log_in(api, name)
        assert answer.status_code == 200
        assert answer.json()["user"]["id"] == str(alice.user_id)
        assert answer.json()["refresh_token"] != alice.refresh_token

    assert await _count(api, Session) == 4


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(api: Api) -> None:
    await api.register("alice")
    tries = [("alice", "wrong horse battery"), ("nobody", PASSWORD), ("no such name!", PASSWORD)]
    tries += [("nul\x00name", PASSWORD), ("äöü", PASSWORD), ("%", PASSWORD), ("alice", "x")]

    answers = [await _log_in(api, *credentials) for credentials in tries]

    texts = {
        (answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in answers
    }
    assert texts == {(401, "wrong_credentials", "Wrong username or password.")}


async def test_a_suspended_person_is_told_so_only_with_the_right_password(api: Api) -> None:
    alice = await api.register("alice")
    await suspend(api, alice)

    right, wrong = await _log_in(api, "alice"), await _log_in(api, "alice", "wrong horse")
    with_token = await alice.client.get("/api/users/me")
    refreshed = await api.client.post(
        "/api/auth/refresh", json={"refresh_token": alice.refresh_token}
    )

    assert (right.status_code, right.json()["code"]) == (403, "suspended")
    assert wrong.status_code == 401
    assert (with_token.status_code, with_token.json()["code"]) == (403, "suspended")
    assert (refreshed.status_code, refreshed.json()["code"]) == (403, "suspended")


async def test_logging_in_renews_a_hash_of_older_parameters(serve: Serve) -> None:
    older = await serve(password_hash_passes=1)
    alice = await older.register("alice")
    newer = await serve(password_hash_passes=2)

    assert (await _log_in(newer, "alice")).status_code == 200

    async with newer.resources.database.read() as connection:
        stored = await connection.scalar(select(User.password_hash).where(User.id == alice.user_id))
    assert stored is not None
    assert ",t=2," in stored
    assert (await _log_in(newer, "alice")).status_code == 200


async def test_logins_are_limited_by_address_and_say_so_in_every_answer(serve: Serve) -> None:
    api = await serve(rate_limit_login=RateLimit("3/60"))

    answers = [await _log_in(api, f"name{number}") for number in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"login";q=3;w=60'
    api.clock.advance(60)
    assert (await _log_in(api, "name5")).status_code == 401


async def test_logins_to_one_name_are_limited_from_whatever_address(serve: Serve) -> None:
    api = await serve(rate_limit_login=RateLimit("3/60"), trusted_proxies=1)

    async def from_address(last: int, name: str) -> int:
        answer = await api.client.post(
            "/api/auth/login",
            json={"username": name, "password": "a wrong guess"},
            headers={"X-Forwarded-For": f"192.0.2.{last}"},
        )
        return answer.status_code

    assert [await from_address(last, "alice") for last in (1, 2, 3, 4)] == [401, 401, 401, 429]
    assert await from_address(5, "Alice") == 429
    assert await from_address(6, "bob") == 401


async def test_one_ipv6_customer_counts_as_one_address(serve: Serve) -> None:
    api = await serve(rate_limit_login=RateLimit("2/60"), trusted_proxies=1)

    async def from_address(address: str, name: str) -> int:
        answer = await api.client.post(
            "/api/auth/login",
            json={"username": name, "password": "a wrong guess"},
            headers={"X-Forwarded-For": address},
        )
        return answer.status_code

    assert await from_address("2001:db8:1:2::1", "first") == 401
    assert await from_address("2001:db8:1:2:ffff::9", "second") == 401
    assert await from_address("2001:db8:1:2:abcd::5", "third") == 429
    assert await from_address("2001:db8:1:3::1", "fourth") == 401


async def test_registering_is_limited_by_address(serve: Serve) -> None:
    api = await serve(rate_limit_login=RateLimit("2/60"))

    codes = [(await _register(api, f"name{number}")).status_code for number in range(3)]

    assert codes == [201, 201, 429]
    assert await _count(api, User) == 2


async def test_neither_passwords_nor_tokens_reach_the_log(
    serve: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    api = await serve(log_level="debug", log_format="json")
    alice = await api.register("alice")
    await _log_in(api, "alice", "a wrong but telling guess")
    await api.client.get(f"/api/users/me?token={alice.access_token}")
    async with api.resources.database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE refresh_tokens")

    failed = await api.client.post("/api/auth/refresh", json={"refresh_token": alice.refresh_token})

    assert failed.status_code == 500
    logged = "".join(capfd.readouterr())
    assert "request_failed" in logged
    for secret in (PASSWORD, alice.access_token, alice.refresh_token, "a wrong but telling guess"):
        assert secret not in logged
        assert secret not in failed.text
