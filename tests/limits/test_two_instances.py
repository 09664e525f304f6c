"""What is done about limits at one instance holds at the others."""

import asyncio
from typing import Any

import pytest

from fynix_cli.stack.valkey import Valkey
from fynix_server.rate_limit import BUCKETS, Quota
from tests.limits.acts import act, sent_of, set_limit, shown
from tests.people import DEADLINE_SECONDS, Api, Person, Serve
from tests.stacks import valkey_server
from tests.staff import audited, promoted


@pytest.fixture
def stack() -> str:
    """Only there are there several."""
    return "full"


def at(api: Api, person: Person) -> Person:
    """The same person with the same login, at another instance."""
    body = {
        "user": {"id": str(person.user_id), "username": person.username},
        "access_token": person.access_token,
        "refresh_token": person.refresh_token,
    }
    return Person(api, api.open_client(), body)


async def until_limit_is(person: Person, expected: str | None) -> None:
    """Wait until the headers of bucket `api` say so; None: until there are none."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            answer = await person.client.get("/api/users/me")
            if answer.headers.get("X-RateLimit-Limit") == expected:
                return


async def test_a_limit_set_at_one_instance_holds_at_the_other_and_is_counted_together(
    serve: Serve,
) -> None:
    api, other = await serve(), await serve()
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    bob_there = at(other, bob)

    await set_limit(admin, bob, "messages", "4/60")
    await set_limit(admin, bob, "api", "500/60")
    await until_limit_is(bob_there, "500")

    assert await sent_of(bob, talk, 3) + await sent_of(bob_there, talk, 3) == 4


async def test_an_exemption_and_its_end_hold_at_the_other(serve: Serve) -> None:
    api, other = await serve(), await serve()
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    bob_there = at(other, bob)

    await act(admin, bob, "exempt", bucket=None)
    await until_limit_is(bob_there, None)
    await act(admin, bob, "clear", bucket=None)

    await until_limit_is(bob_there, "600")


async def test_an_instance_that_starts_later_knows_the_limits_that_were_set(serve: Serve) -> None:
    api = await serve()
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    await set_limit(admin, bob, "api", "77/60")

    other = await serve()

    await until_limit_is(at(other, bob), "77")


async def test_a_reset_empties_what_redis_holds_and_what_each_instance_counted_by_itself(
    serve: Serve,
) -> None:
    api, other = await serve(), await serve()
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await sent_of(bob, talk, 5)
    # As if Redis had been away for a while at the other.
    local = other.resources.limiter._local
    key = f"rate_limit:messages:{bob.user_id}"
    local._windows[key] = {"a": int(api.clock().timestamp() * 1000)}

    done = await act(admin, bob, "reset", bucket=None)

    assert done.json()["forgotten"]["messages"] == 5
    assert done.json()["forgotten"].keys() == set(BUCKETS)
    assert await api.resources.redis.exists(key) == 0
    # Told after the reset, on the same line.
    await set_limit(admin, bob, "api", "500/60")
    await until_limit_is(at(other, bob), "500")
    assert key not in local._windows
    asked: Any = [("messages", str(bob.user_id), Quota(30, 60))]
    uses, is_of_all = await other.resources.limiter.look(asked)
    assert (uses[0].count, is_of_all) == (0, True)


async def test_while_redis_is_away_what_is_told_says_so(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server: Valkey = valkey_server(tmp_path_factory.mktemp("own"))
    try:
        api = await serve(redis_url=server.url())
        admin = await promoted(api, "root", "admin")
        bob, carol = await api.people("bob", "carol")
        talk = await bob.dm(carol)
        server.kill()
        assert await sent_of(bob, talk, 3) == 3
        await set_limit(admin, bob, "messages", "4/60")
        there = (await admin.client.get(f"/api/admin/users/{bob.user_id}/limits")).json()
        used = (await shown(admin, bob))["messages"]["used"]

        done = await act(admin, bob, "reset", bucket="messages")

        assert (there["is_counted_together"], used) == (False, 3)
        assert (done.status_code, done.json()["is_everywhere"]) == (200, False)
        # What this instance had counted by itself is forgotten all the same.
        assert await sent_of(bob, talk, 5) == 4
        assert [it.action for it in await audited(api)] == ["limits.set", "limits.reset"]
    finally:
        server.stop()
