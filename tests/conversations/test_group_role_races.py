"""Changes of roles that race, at two servers: one after the other, and always one owner."""

import asyncio
import random

import pytest

from tests.conversations.roles import give, log_of, remove, roles_by
from tests.people import Api, Person, Serve

ROUNDS = 6


class Pair:
    """Two servers on one database, and people who have a client at each."""

    def __init__(self, here: Api, there: Api) -> None:
        self.here = here
        self._there = there

    async def people(self, *names: str) -> tuple[dict[str, Person], dict[str, Person]]:
        """The same people here and there, by name."""
        near = {it: await self.here.register(it) for it in names}
        far = {}
        for name in names:
            body = {"username": name, "password": near[name].password}
            answer = await self._there.client.post("/api/auth/login", json=body)
            far[name] = Person(self._there, self._there.open_client(), answer.json())
        return near, far


@pytest.fixture
async def pair(serve: Serve) -> Pair:
    return Pair(await serve(rate_limits="off"), await serve(rate_limits="off"))


async def check_one_owner(viewer: Person, group: str) -> dict[str, str]:
    """The roles: one owner, and as the log says."""
    now = await viewer.client.get(f"/api/conversations/{group}")
    people = now.json()["participants"]
    assert [it["role"] for it in people].count("owner") == 1, people
    log = roles_by(await log_of(viewer, group))
    assert {it["user_id"]: it["role"] for it in people} == log
    return {it["username"]: it["role"] for it in people}


async def test_of_two_transfers_at_once_one_is_done(pair: Pair) -> None:
    near, far = await pair.people("alice", "bob", "carol")

    for _ in range(ROUNDS):
        group = await near["alice"].group("group", near["bob"], near["carol"])
        answers = await asyncio.gather(
            give(near["alice"], group, near["bob"], "owner"),
            give(far["alice"], group, far["carol"], "owner"),
        )

        assert sorted(it.status_code for it in answers) == [200, 403]
        assert (await check_one_owner(near["alice"], group))["alice"] == "admin"


async def test_leaving_while_one_is_given_the_group_leaves_it_with_an_owner(pair: Pair) -> None:
    near, far = await pair.people("alice", "bob", "carol")

    for _ in range(ROUNDS):
        group = await near["alice"].group("group", near["bob"], near["carol"])
        given, left = await asyncio.gather(
            give(near["alice"], group, near["bob"], "owner"),
            remove(far["bob"], group, far["bob"]),
        )

        # Either bob had it for a moment and left it to alice, or he was gone already.
        assert left.status_code == 204
        assert given.status_code in (200, 404)
        assert (await check_one_owner(near["carol"], group))["alice"] == "owner"


async def test_the_owner_leaving_while_handing_on_leaves_one_owner(pair: Pair) -> None:
    near, far = await pair.people("alice", "bob", "carol")

    for _ in range(ROUNDS):
        group = await near["alice"].group("group", near["bob"], near["carol"])
        given, left = await asyncio.gather(
            give(near["alice"], group, near["carol"], "owner"),
            remove(far["alice"], group, far["alice"]),
        )

        found = await check_one_owner(near["bob"], group)
        assert left.status_code == 204
        assert (given.status_code, found["carol"]) in {(200, "owner"), (403, "member")}


async def test_whoever_is_removed_while_being_promoted_is_either_gone_or_an_admin(
    pair: Pair,
) -> None:
    near, far = await pair.people("alice", "bob", "carol")

    for _ in range(ROUNDS):
        group = await near["alice"].group("group", near["bob"], near["carol"])
        await give(near["alice"], group, near["carol"], "admin")
        given, removed = await asyncio.gather(
            give(near["alice"], group, near["bob"], "admin"),
            remove(far["carol"], group, far["bob"]),
        )

        found = await check_one_owner(near["alice"], group)
        outcome = given.status_code, removed.status_code, found.get("bob")
        assert outcome in {(200, 403, "admin"), (404, 204, None)}


@pytest.mark.parametrize("seed", range(2))
async def test_in_a_storm_of_changes_there_is_always_one_owner_and_each_number_comes_once(
    pair: Pair, seed: int
) -> None:
    names = ("alice", "bob", "carol")
    near, far = await pair.people(*names, "dave")
    dave = near["dave"]
    group = await near["alice"].group("group", *(near[it] for it in (*names[1:], "dave")))
    live = await dave.live()
    chosen = random.Random(seed)

    async def act() -> None:
        side = chosen.choice((near, far))
        actor, target = side[chosen.choice((*names, "dave"))], side[chosen.choice(names)]
        kind = chosen.choice(("owner", "admin", "member", "add", "remove", "leave"))
        if kind == "add":
            url, body = f"/api/conversations/{group}/participants", str(target.user_id)
            answer = await actor.client.post(url, json={"user_id": body})
        elif kind in ("remove", "leave"):
            # Dave stays, so that there is somebody to watch it.
            is_leaving = kind == "leave" and actor.user_id != dave.user_id
            answer = await remove(actor, group, actor if is_leaving else target)
        else:
            answer = await give(actor, group, target, kind)
        assert answer.status_code in (200, 201, 204, 403, 404, 409), answer.text

    for _ in range(8):
        await asyncio.gather(*(act() for _ in range(8)))

    await check_one_owner(dave, group)
    log = await log_of(dave, group)
    await live.expect(log[-1]["type"], seq=log[-1]["seq"])
    seen = [it for it in live.frames if "seq" in it]
    assert [it["seq"] for it in seen] == [it["seq"] for it in log[1:-1]]
