"""Roles in a group: given, taken, handed on and inherited, told to all, and always one owner."""

from uuid import uuid4

import pytest
from sqlalchemy import update

from fynix_server.tables import User
from tests.conversations.roles import give, log_of, remove, roles
from tests.people import Api, Frame


def told(frame: Frame) -> tuple[str, str, str]:
    return frame["user_id"], frame["role"], frame["updated_by"]


# ── giving and taking ────────────────────────────────────────────────────────────────────────


async def test_whoever_is_promoted_may_do_more_and_whoever_is_demoted_less(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob)
    body = {"user_id": str(carol.user_id)}
    url = f"/api/conversations/{group}"

    promoted = await give(alice, group, bob, "admin")
    added = await bob.client.post(f"{url}/participants", json=body)
    demoted = await give(alice, group, bob, "member")
    refused = await bob.client.patch(url, json={"name": "mine"})

    assert (promoted.status_code, promoted.json()["role"]) == (200, "admin")
    assert promoted.json()["user_id"] == str(bob.user_id)
    assert added.status_code == 201
    assert (demoted.status_code, demoted.json()["role"]) == (200, "member")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_admin")


async def test_a_new_role_is_told_live_and_again_to_whoever_comes_back(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)
    live = await carol.live()

    await give(alice, group, bob, "admin")
    frame = await live.expect("participant_updated")
    await live.stop()
    await give(alice, group, bob, "member")
    again = await carol.live(resume=False)
    await again.send(type="resume", cursors={group: 1})
    replayed = await again.expect_count("participant_updated", 2)

    assert told(frame) == (str(bob.user_id), "admin", str(alice.user_id))
    assert (frame["conversation_id"], frame["seq"]) == (group, 2)
    assert replayed[0] == frame
    assert told(replayed[1]) == (str(bob.user_id), "member", str(alice.user_id))
    assert replayed == (await log_of(carol, group))[1:]


async def test_a_plain_client_is_told_nothing_of_roles(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    plain = await bob.plain_live()

    await give(alice, group, bob, "admin")
    await alice.send(group, "hello")

    await plain.expect("new_message")
    assert plain.frames == []


async def test_a_role_that_they_have_already_takes_no_number(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)

    answers = [await give(alice, group, bob, "member"), await give(alice, group, alice, "owner")]

    assert [it.status_code for it in answers] == [200, 200]
    assert len(await log_of(bob, group)) == 1


async def test_who_comes_back_is_a_member_like_any_other(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    await give(alice, group, bob, "admin")
    await remove(bob, group, bob)

    body = {"user_id": str(bob.user_id)}
    await alice.client.post(f"/api/conversations/{group}/participants", json=body)

    assert await roles(bob, group) == {"alice": "owner", "bob": "member"}


# ── handing on ───────────────────────────────────────────────────────────────────────────────


async def test_a_transfer_is_two_numbers_and_nobody_sees_two_owners(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)
    live = await carol.live()

    answer = await give(alice, group, bob, "owner")

    frames = await live.expect_count("participant_updated", 2)
    assert (answer.status_code, answer.json()["role"]) == (200, "owner")
    assert [told(it) for it in frames] == [
        (str(alice.user_id), "admin", str(alice.user_id)),
        (str(bob.user_id), "owner", str(alice.user_id)),
    ]
    assert [it["seq"] for it in frames] == [2, 3]
    assert await roles(carol, group) == {"alice": "admin", "bob": "owner", "carol": "member"}
    assert (await give(alice, group, carol, "admin")).json()["code"] == "not_the_owner"


async def test_an_owner_cannot_just_stop_being_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)

    answers = [await give(alice, group, alice, role) for role in ("admin", "member")]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [
        (409, "owner_must_transfer")
    ] * 2
    assert "somebody else" in answers[0].json()["detail"]
    assert await roles(bob, group) == {"alice": "owner", "bob": "member"}
    assert len(await log_of(bob, group)) == 1


async def test_an_heir_is_told_of_to_all_but_the_owner_who_left(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)
    await give(alice, group, carol, "admin")
    leaver, stayer = await alice.live(), await bob.live()

    await remove(alice, group, alice)

    await leaver.expect("participant_removed", seq=3)
    frame = await stayer.expect("participant_updated")
    assert told(frame) == (str(carol.user_id), "owner", str(alice.user_id))
    assert frame["seq"] == 4
    await leaver.barrier()
    assert leaver.seen("participant_updated") == []
    assert (await log_of(bob, group))[-1] == frame


async def test_a_group_goes_to_somebody_who_can_log_in_before_anybody_who_cannot(
    api: Api,
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)
    await give(alice, group, bob, "admin")
    async with api.resources.database.write() as connection:
        is_bob = User.id == bob.user_id
        await connection.execute(update(User).where(is_bob).values(status="banned"))

    await remove(alice, group, alice)

    assert await roles(carol, group) == {"bob": "admin", "carol": "owner"}


async def test_the_last_one_leaves_a_group_to_nobody(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    await give(alice, group, bob, "owner")
    await remove(alice, group, alice)

    assert (await remove(bob, group, bob)).status_code == 204

    answers = [await give(it, group, it, "owner") for it in (alice, bob)]
    assert [it.json()["code"] for it in answers] == ["not_a_participant"] * 2


# ── what cannot be ───────────────────────────────────────────────────────────────────────────


async def test_a_direct_conversation_has_no_roles_and_never_becomes_a_group(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm = await alice.dm(bob)
    url, body = f"/api/conversations/{dm}", {"user_id": str(carol.user_id)}

    answers = [
        *[await give(alice, dm, bob, role) for role in ("owner", "admin", "member")],
        await remove(alice, dm, alice),
        await remove(alice, dm, bob),
        await alice.client.patch(url, json={"name": "a group"}),
        await alice.client.post(f"{url}/participants", json=body),
    ]

    assert [(it.status_code, it.json()["code"]) for it in answers] == [(400, "not_a_group")] * 7
    assert await roles(bob, dm) == {"alice": "member", "bob": "member"}
    assert len(await log_of(bob, dm)) == 1


@pytest.mark.parametrize("role", [None, "", "king", "Owner", 1, ["admin"], {"is": "admin"}])
async def test_what_is_no_role_is_refused(api: Api, role: object) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)

    answer = await give(alice, group, bob, role)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "body.role"
    assert len(await log_of(bob, group)) == 1


async def test_whoever_is_not_there_gets_no_role(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob)
    await remove(bob, group, bob)
    url = f"/api/conversations/{group}/participants/{uuid4()}"

    answers = [
        *[await give(alice, group, it, "owner") for it in (bob, carol)],
        await alice.client.patch(url, json={"role": "admin"}),
    ]

    assert [it.json()["code"] for it in answers] == ["participant_not_found"] * 3
    assert await roles(alice, group) == {"alice": "owner"}


async def test_an_answer_tells_nothing_of_reading_past_a_block(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("group", bob)
    await bob.client.put(f"/api/blocks/{alice.user_id}")
    message = (await alice.send(group, "hello")).json()
    await bob.read(group, message["id"])

    answer = await give(alice, group, bob, "admin")

    assert answer.status_code == 200
    assert answer.json()["last_read_message_id"] is None


async def test_a_dry_run_answers_as_the_real_one_and_changes_nothing(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("group", bob, carol)
    live = await carol.live()

    answers = [
        await give(alice, group, bob, "owner", dry_run="true"),
        await remove(alice, group, bob, dry_run="true"),
        await remove(alice, group, alice, dry_run="true"),
        await give(bob, group, bob, "owner", dry_run="true"),
        await give(alice, group, alice, "member", dry_run="true"),
        await remove(alice, group, bob, dry_run="perhaps"),
    ]

    assert [it.status_code for it in answers] == [200, 204, 204, 403, 409, 400]
    assert answers[0].json()["role"] == "owner"
    assert await roles(bob, group) == {"alice": "owner", "bob": "member", "carol": "member"}
    assert len(await log_of(bob, group)) == 1
    await alice.send(group, "hello")
    await live.expect("new_message", seq=2)
    assert live.frames == []
