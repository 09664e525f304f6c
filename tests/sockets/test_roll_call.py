"""Connections on all instances: listed, and closed by moderators."""

import asyncio
import json
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from fynix_cli.stack.valkey import Valkey
from fynix_server.sockets.live import Live as LiveSockets
from fynix_server.sockets.roll_call import INSTANCES, RollCall
from tests.people import DEADLINE_SECONDS, Api, Person, Serve
from tests.stacks import valkey_server
from tests.staff import audited, promoted

SEVERAL = pytest.mark.parametrize("stack", ["full"])


def roll_call_of(api: Api) -> RollCall:
    return cast(LiveSockets, api.app.extensions["live"]).roll_call


async def listed(moderator: Person, **query: Any) -> dict[str, Any]:
    answer = await moderator.client.get("/api/admin/connections", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def kick(moderator: Person, person: Person, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/connections/kick"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def until_known(*apis: Api) -> None:
    """Wait until each has said that it lives."""
    names = {roll_call_of(it).instance.encode() for it in apis}
    async with asyncio.timeout(DEADLINE_SECONDS):
        known: set[Any] = set()
        while not names <= known:
            known = set(await apis[0].resources.redis.zrange(INSTANCES, 0, -1))
        for api in apis:
            await api.resources.event_bus.wait_until_connected()


async def test_connections_are_listed_with_what_is_known_of_them(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    await api.resources.event_bus.wait_until_connected()
    await bob.plain_live()
    await carol.live()

    found = await listed(moderator)

    assert found["is_complete"] is True
    assert found["next_after"] is None
    first, second = found["connections"]
    assert (first["username"], second["username"]) == ("bob", "carol")
    assert (first["protocol"], second["protocol"]) == ("plain", "fynix.v1")
    assert first["user_id"] == str(bob.user_id)
    assert first["session_id"] == str(bob.session_id)
    assert first["queued_frames"] == 0
    assert first["opened_at"] < second["opened_at"]
    (instance,) = found["instances"]
    assert instance["instance"] == first["instance"] == roll_call_of(api).instance
    assert (instance["has_answered"], instance["connections"]) == (True, 2)
    assert not {"ip", "address"} & first.keys()


async def test_those_of_one_person_are_listed_alone_and_page_after_page(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    for person in (bob, carol, bob, bob):
        await person.live()

    whole = await listed(moderator, user_id=str(bob.user_id))
    pages, after = [], None
    for _ in range(3):
        query = {"user_id": str(bob.user_id), "limit": 1} | ({"after": after} if after else {})
        page = await listed(moderator, **query)
        pages += page["connections"]
        after = page["next_after"]

    assert [it["username"] for it in whole["connections"]] == ["bob"] * 3
    assert pages == whole["connections"]
    assert after is None


@SEVERAL
async def test_each_instance_answers_for_its_own(serve: Serve) -> None:
    api, other = await serve(), await serve()
    await until_known(api, other)
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    await bob.live()
    there = await other.connect(token=carol.access_token)
    await there.barrier()

    found = await listed(moderator)

    assert found["is_complete"] is True
    assert [it["username"] for it in found["connections"]] == ["bob", "carol"]
    assert [it["instance"] for it in found["connections"]] == [
        roll_call_of(it).instance for it in (api, other)
    ]
    assert {it["instance"]: it["connections"] for it in found["instances"]} == {
        roll_call_of(it).instance: 1 for it in (api, other)
    }


@SEVERAL
async def test_an_instance_that_does_not_answer_is_told_of_and_the_list_not_called_complete(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = await serve()
    await until_known(api)
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    live = await bob.live()
    heard_at = api.clock().timestamp() - 40
    await api.resources.redis.zadd(INSTANCES, {"killed@elsewhere:1": heard_at})
    monkeypatch.setattr("fynix_server.sockets.roll_call.ANSWER_WITHIN_SECONDS", 0.2)

    found = await listed(moderator)
    kicked = await kick(moderator, bob, connection_id=None)
    nobody = await kick(moderator, await api.register("carol"), connection_id=None)

    assert [it["username"] for it in found["connections"]] == ["bob"]
    assert found["is_complete"] is False
    silent = next(it for it in found["instances"] if not it["has_answered"])
    assert (silent["instance"], silent["connections"]) == ("killed@elsewhere:1", None)
    assert (kicked.json()["kicked"], kicked.json()["is_complete"]) == (1, False)
    assert await live.closed() == 1012
    # It may have a connection of carol's: so it is told, and nobody says that there is none.
    assert (nobody.status_code, nobody.json()["kicked"]) == (200, 0)


@SEVERAL
async def test_one_that_left_in_order_or_long_ago_is_not_missed(serve: Serve) -> None:
    api, other = await serve(), await serve()
    await until_known(api, other)
    moderator = await promoted(api, "mod", "moderator")
    long_ago = api.clock().timestamp() - 301
    await api.resources.redis.zadd(INSTANCES, {"forgotten@elsewhere:1": long_ago})

    await cast(LiveSockets, other.app.extensions["live"]).leave()
    # The other lives on here, so it answers still; but nobody waits for it.
    known = await api.resources.redis.zrange(INSTANCES, 0, -1)
    found = await listed(moderator)

    assert roll_call_of(other).instance.encode() not in known
    assert found["is_complete"] is True
    assert "forgotten@elsewhere:1" not in {it["instance"] for it in found["instances"]}


@SEVERAL
async def test_without_redis_only_the_one_that_is_asked_answers_and_says_so(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server: Valkey = valkey_server(tmp_path_factory.mktemp("own"))
    try:
        api = await serve(redis_url=server.url())
        await until_known(api)
        moderator = await promoted(api, "mod", "moderator")
        bob = await api.register("bob")
        live = await bob.live()
        server.kill()

        found = await listed(moderator)
        done = await kick(moderator, bob, connection_id=None)

        assert [it["username"] for it in found["connections"]] == ["bob"]
        assert found["is_complete"] is False
        assert (done.json()["kicked"], done.json()["is_complete"]) == (1, False)
        assert await live.closed() == 1012
    finally:
        server.stop()


@SEVERAL
async def test_a_kick_closes_on_every_instance_and_the_login_holds(serve: Serve) -> None:
    api, other = await serve(), await serve()
    await until_known(api, other)
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    here, hers = await bob.live(), await carol.live()
    there = await other.connect(token=bob.access_token)
    await there.barrier()

    done = await kick(moderator, bob, connection_id=None)

    assert (done.json()["kicked"], done.json()["is_complete"]) == (2, True), done.text
    assert [await here.closed(), await there.closed()] == [1012, 1012]
    await hers.barrier()
    await (await bob.live()).barrier()


@SEVERAL
async def test_one_connection_is_kicked_wherever_it_is(serve: Serve) -> None:
    api, other = await serve(), await serve()
    await until_known(api, other)
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    here = await bob.live()
    there = await other.connect(token=bob.access_token, subprotocols=["fynix.v1"])
    connection_id = (await there.expect("hello"))["connection_id"]

    done = await kick(moderator, bob, connection_id=connection_id)

    assert await there.closed() == 1012
    await here.barrier()
    (entry,) = await audited(api)
    assert (entry.action, entry.target_id) == ("connection.kick", str(bob.user_id))
    assert json.loads(entry.details)["before"] == {"connection_ids": [connection_id]}
    assert done.json()["audit_seq"] == entry.seq


async def test_a_dry_run_counts_them_and_closes_none(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    live = await bob.live()

    done = await kick(moderator, bob, connection_id=None, dry_run=True)

    assert (done.json()["kicked"], done.json()["audit_seq"]) == (1, None)
    await live.barrier()
    assert await audited(api) == []


async def test_what_is_not_there_to_be_kicked_is_refused(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    if not api.resources.settings.is_fakeredis:
        await until_known(api)
    bob, carol = await api.people("bob", "carol")
    await carol.live()
    (hers,) = (await listed(moderator))["connections"]

    answers = [
        await kick(moderator, bob, connection_id=None),
        await kick(moderator, bob, connection_id=hers["id"]),
        await kick(moderator, carol, connection_id=str(uuid4())),
        await kick(moderator, carol, connection_id="all"),
        await kick(moderator, carol),
    ]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [
        *[(404, "connection_not_found")] * 3,
        *[(400, "invalid_input")] * 2,
    ]
    assert len((await listed(moderator))["connections"]) == 1
    assert await audited(api) == []


@pytest.mark.parametrize(
    ("role", "target_role", "expected"),
    [
        ("user", "user", (403, "role_required")),
        ("moderator", "moderator", (403, "role_too_high")),
        ("moderator", "admin", (403, "role_too_high")),
        ("moderator", None, (400, "acting_on_oneself")),
    ],
)
async def test_who_may_not_kick_is_refused_and_recorded(
    api: Api, role: str, target_role: str | None, expected: tuple[int, str]
) -> None:
    actor = await promoted(api, "actor", role)
    target = actor if target_role is None else await promoted(api, "target", target_role)
    live = await target.live()

    answer = await kick(actor, target, connection_id=None)

    assert (answer.status_code, answer.json()["code"]) == expected
    await live.barrier()
    assert [it.outcome for it in await audited(api)] == ["refused"]


async def test_a_user_sees_no_connections_and_a_moderator_none_of_nobody(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")

    own = await bob.client.get("/api/admin/connections", params={"user_id": str(bob.user_id)})
    nobody = await moderator.client.get("/api/admin/connections?user_id=" + str(uuid4()))
    too_many = await moderator.client.get("/api/admin/connections?limit=501")

    assert (own.status_code, own.json()["code"]) == (403, "role_required")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "user_not_found")
    assert too_many.status_code == 400
