"""A group whose owner is banned: the next who changes anything finds that the heir owns it."""

import asyncio

import httpx

from tests.conversations.roles import give, log_of, remove, roles, roles_by
from tests.people import Api, Person
from tests.staff import act, promoted


async def ban(api: Api, person: Person) -> None:
    admin = await promoted(api, "root", "admin")
    answer = await act(admin, person, "ban")
    assert answer.status_code == 200, answer.text


async def rename(actor: Person, group: str, name: str) -> httpx.Response:
    return await actor.client.patch(f"/api/conversations/{group}", json={"name": name})


async def test_the_admin_there_longest_owns_the_group_of_a_banned_owner(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await give(alice, group, carol, "admin")
    await ban(api, alice)

    promoting = await give(carol, group, bob, "admin")

    assert promoting.status_code == 200
    assert await roles(bob, group) == {"alice": "admin", "bob": "admin", "carol": "owner"}


async def test_the_heir_is_told_even_where_the_change_is_refused(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    live = await bob.live()
    await ban(api, alice)

    refused = await rename(carol, group, "carol's")

    told = [await live.expect("participant_updated") for _ in range(2)]
    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_admin")
    assert [(it["user_id"], it["role"]) for it in told] == [
        (str(alice.user_id), "admin"),
        (str(bob.user_id), "owner"),
    ]
    assert {it["updated_by"] for it in told} == {str(alice.user_id)}
    assert (await rename(bob, group, "bob's")).status_code == 200


async def test_a_suspended_owner_stays_the_owner(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    admin = await promoted(api, "root", "admin")
    group = await alice.group("club", bob)
    await act(admin, alice, "suspend", seconds=3600)

    refused = await rename(bob, group, "bob's")

    assert refused.status_code == 403
    assert await roles(bob, group) == {"alice": "owner", "bob": "member"}


async def test_where_nobody_else_may_log_in_a_banned_owner_keeps_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    admin = await promoted(api, "root", "admin")
    group = await alice.group("club", bob)
    for person in (alice, bob):
        await act(admin, person, "ban")
    await act(admin, bob, "unban")
    await act(admin, bob, "suspend", seconds=60)
    left = await rename(bob, group, "bob's")
    api.clock.advance(61)

    renamed = await rename(bob, group, "bob's")

    assert (left.status_code, renamed.status_code) == (403, 200)
    assert await roles(bob, group) == {"alice": "admin", "bob": "owner"}


async def test_a_dry_run_answers_as_the_heir_and_hands_nothing_on(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await ban(api, alice)

    tried = await give(bob, group, carol, "admin", dry_run="true")

    assert tried.status_code == 200
    assert await roles(bob, group) == {"alice": "owner", "bob": "member", "carol": "member"}


async def test_however_many_change_it_at_once_one_owns_it(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await ban(api, alice)

    await asyncio.gather(
        give(bob, group, carol, "admin"),
        rename(carol, group, "carol's"),
        rename(bob, group, "bob's"),
        remove(carol, group, carol),
    )

    assert await roles(bob, group) == {"alice": "admin", "bob": "owner"}
    found = roles_by(await log_of(bob, group))
    assert found == {str(alice.user_id): "admin", str(bob.user_id): "owner"}
