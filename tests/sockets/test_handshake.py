"""Opening a socket, and being closed: who may, by what, and with which code."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.people import Api


async def test_a_token_opens_a_socket_by_header_query_and_subprotocol(api: Api) -> None:
    alice = await api.register("alice")
    token = alice.access_token

    by_header = await api.connect(token=token)
    by_query = await api.connect(query=f"?token={token}")
    by_subprotocol = await api.connect(subprotocols=["fynix.v1", f"bearer.{token}"])

    await by_header.barrier()
    await by_query.barrier()
    hello = await by_subprotocol.expect("hello")
    assert by_subprotocol.socket.subprotocol == "fynix.v1"
    assert hello["user_id"] == str(alice.user_id)
    assert hello["session_id"] == str(alice.session_id)


async def test_a_ticket_opens_one_socket_and_only_one(api: Api) -> None:
    alice = await api.register("alice")
    ticket = (await alice.client.post("/api/ws/ticket")).json()["ticket"]

    first = await api.connect(query=f"?ticket={ticket}")
    second = await api.connect(query=f"?ticket={ticket}")

    await first.barrier()
    assert await second.closed() == 4001


@pytest.mark.parametrize("query", ["", "?token=", "?token=abc", "?ticket=abc", "?token=a.b.c"])
async def test_without_a_good_token_the_socket_is_accepted_and_closed_with_4001(
    api: Api, query: str
) -> None:
    live = await api.connect(query=query)

    assert await live.closed() == 4001
    assert live.frames == []


async def test_a_foreign_origin_is_refused_in_the_handshake(api: Api) -> None:
    alice = await api.register("alice")

    with pytest.raises(InvalidStatus) as refused:
        await api.connect(token=alice.access_token, origin="https://evil.example")

    answer = refused.value.response
    assert answer.status_code == 403
    told = json.loads(answer.body or b"")
    assert told["code"] == "not_permitted"
    assert told["request_id"] == answer.headers["X-Request-Id"]
    own = await api.connect(token=alice.access_token, origin=api.url)
    await own.barrier()


async def test_logging_out_closes_the_sockets_of_that_session_with_4014(api: Api) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    answer = await alice.client.post("/api/auth/logout")

    assert answer.status_code == 204
    assert await live.closed() == 4014
    assert (await alice.client.get("/api/users/me")).status_code == 401


async def test_a_revoked_session_loses_its_sockets_and_others_keep_theirs(api: Api) -> None:
    alice = await api.register("alice")
    kept = await alice.live()
    body = {"username": "alice", "password": alice.password}
    other = (await api.client.post("/api/auth/login", json=body)).json()
    lost = await api.connect(token=other["access_token"])
    sid = api.resources.tokens.verify(other["access_token"]).session_id

    await alice.client.delete(f"/api/auth/sessions/{sid}")

    assert await lost.closed() == 4014
    await kept.barrier()


async def test_an_expired_token_closes_its_socket_with_4001(api: Api) -> None:
    alice = await api.register("alice")
    live = await alice.live()

    api.clock.advance(31 * 60)

    assert await live.closed() == 4001


async def test_the_eleventh_connection_closes_the_oldest_with_4012(api: Api) -> None:
    alice = await api.register("alice")
    lives = [await alice.live() for _ in range(11)]

    assert await lives[0].closed() == 4012
    await lives[1].barrier()
    await lives[10].barrier()


async def test_opening_too_many_sockets_in_a_minute_is_refused_with_4008(api: Api) -> None:
    alice = await api.register("alice")
    for _ in range(60):
        await api.resources.limiter.consume("ws_connect", str(alice.user_id))

    live = await api.connect(token=alice.access_token)

    assert await live.closed() == 4008
