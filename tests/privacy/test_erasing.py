"""An erased person is gone from every table and from the bytes on disk; the others stay whole."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from fynix_server.maintenance.doctor.examination import examine
from fynix_server.privacy.certificate import hash_of
from fynix_server.protocol.privacy import ErasureCertificate
from fynix_server.settings import Settings
from fynix_server.tables import Conversation, ConversationParticipant, Erasure, Message, User
from tests.people import Api, Person
from tests.privacy.marked import USERNAME, Marked, erase, marked, traces
from tests.staff import audited, promoted


@dataclass
class World:
    """bob, who stays; her, who goes; an admin, who erases."""

    api: Api
    admin: Person
    bob: Person
    her: Marked

    async def erase(self, **body: Any) -> httpx.Response:
        return await erase(self.admin, self.her.person, **body)


@pytest.fixture
async def world(api: Api) -> World:
    admin = await promoted(api, "root", "admin")
    bob = await api.register("bob")
    return World(api, admin, bob, await marked(api, bob))


async def test_nothing_that_they_left_is_found_on_disk_or_in_a_dump(
    world: World, settings: Settings
) -> None:
    before = await traces(settings, world.her.marks)

    done = await world.erase(vacuum=True)

    # The text before the edit is gone from a dump already.
    assert before.keys() | {"before edit"} == world.her.marks.keys()
    assert done.status_code == 200, done.text
    assert done.json()["is_finished"]
    assert await traces(settings, world.her.marks) == {}


async def test_all_invariants_hold_afterwards(world: World, settings: Settings) -> None:
    await world.erase()

    results = await examine(settings, lambda _count: None)

    assert [(it.invariant.name, it.finding) for it in results if it.is_broken] == []


async def test_all_invariants_hold_where_something_held_of_theirs_was_released(
    api: Api, settings: Settings
) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    dm = await bob.dm(carol)
    reasoned = {"reason": "because"}
    await admin.client.post(f"/api/admin/users/{bob.user_id}/hold", json=reasoned)
    held = (await bob.send(dm, "held")).json()["id"]
    released = await admin.client.post(f"/api/admin/held/{held}/release", json=reasoned)

    erased = await erase(admin, bob)

    results = await examine(settings, lambda _count: None)
    assert (released.status_code, erased.status_code) == (200, 200)
    assert [(it.invariant.name, it.finding) for it in results if it.is_broken] == []


async def test_the_other_reads_their_own_messages_and_resumes_without_a_gap(
    world: World,
) -> None:
    bob, dm = world.bob, world.her.dm

    await world.erase()

    listed = (await bob.client.get("/api/conversations")).json()["conversations"]
    (conversation,) = [it for it in listed if it["id"] == dm]
    other = next(it for it in conversation["participants"] if it["user_id"] != str(bob.user_id))
    texts = {it["content"] for it in await bob.messages(dm)}
    events = (await bob.client.get(f"/api/conversations/{dm}/events")).json()["events"]
    assert texts == {"bob speaks first", "bob speaks last"}
    assert other["display_name"] == "deleted user"
    assert other["username"].startswith("deleted~")
    assert [it["seq"] for it in events] == list(range(1, conversation["last_seq"] + 1))


async def test_who_is_there_sees_every_message_deleted_and_her_go(world: World) -> None:
    live = await world.bob.live()
    async with world.api.resources.database.read() as connection:
        query = select(Message.id).where(
            Message.sender_id == world.her.person.user_id, Message.is_deleted.is_(False)
        )
        there = {str(it) for it in (await connection.execute(query)).scalars()}

    await world.erase()
    await live.barrier()

    assert {it["message_id"] for it in live.seen("message_deleted")} == there
    gone = {it["conversation_id"] for it in live.seen("participant_removed")}
    assert gone == {world.her.group, world.her.joined}
    for conversation_id in (world.her.dm, world.her.group, world.her.joined):
        numbers = [it["seq"] for it in live.frames if it.get("conversation_id") == conversation_id]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_she_is_shut_out_at_once_and_cannot_come_back(world: World) -> None:
    live = await world.her.person.live()

    await world.erase()

    body = {"username": USERNAME, "password": world.her.person.password}
    refresh = {"refresh_token": world.her.person.refresh_token}
    login = await world.api.client.post("/api/auth/login", json=body)
    renewed = await world.api.client.post("/api/auth/refresh", json=refresh)
    assert await live.closed() == 4013
    assert (await world.her.person.client.get("/api/users/me")).status_code in (401, 403)
    assert (login.status_code, renewed.status_code) == (401, 401)


async def test_her_name_is_free_again_and_whoever_takes_it_is_somebody_else(
    world: World,
) -> None:
    await world.erase()

    newcomer = await world.api.register(USERNAME)

    assert newcomer.user_id != world.her.person.user_id
    assert (await newcomer.client.get("/api/conversations")).json()["total"] == 0
    assert (await newcomer.client.get("/api/auth/sessions")).json()["sessions"][0]["is_current"]


async def test_a_group_of_hers_is_handed_over_and_keeps_what_others_called_it(
    world: World,
) -> None:
    bob, group = world.bob, world.her.group
    live = await bob.live()

    await world.erase()

    told = await live.expect("participant_updated")
    assert (told["user_id"], told["role"]) == (str(bob.user_id), "owner")
    found = (await bob.client.get(f"/api/conversations/{group}")).json()
    joined = (await bob.client.get(f"/api/conversations/{world.her.joined}")).json()
    assert [(it["user_id"], it["role"]) for it in found["participants"]] == [
        (str(bob.user_id), "owner")
    ]
    assert (found["name"], found["description"]) == ("unnamed group", None)
    assert joined["name"] == "bob's group"


async def test_nobody_can_bring_her_back_into_a_conversation(world: World) -> None:
    carol = await world.api.register("carol")
    await world.erase()

    her_id = str(world.her.person.user_id)
    url = f"/api/conversations/{world.her.joined}/participants"
    added = await world.bob.client.post(url, json={"user_id": her_id})
    opened = await carol.client.post(f"/api/conversations/dm/{her_id}")
    body = {"name": "new", "participant_ids": [her_id]}
    founded = await carol.client.post("/api/conversations", json=body)

    assert [it.status_code for it in (added, opened, founded)] == [404, 404, 404]


async def test_the_certificate_counts_what_went_and_its_hash_holds(world: World) -> None:
    done = (await world.erase()).json()

    certificate = ErasureCertificate.model_validate(done["certificate"])
    assert certificate.hash == hash_of(certificate)
    assert certificate.actor_id == str(world.admin.user_id)
    assert certificate.counts == {
        "audit_log": 2,
        "conversation_events": 5,
        "conversation_participants": 2,
        "conversations": 1,
        "held_messages": 1,
        "message_receipts": 1,
        "messages": 6,
        "notices": 1,
        "refresh_tokens": 1,
        "report_evidence": 1,
        "reports": 2,
        "restrictions": 1,
        "sessions": 1,
        "users": 1,
    }
    async with world.api.resources.database.read() as connection:
        (row,) = await connection.execute(select(Erasure.certificate, Erasure.certificate_hash))
    assert json.loads(row.certificate) == done["certificate"]
    assert row.certificate_hash == certificate.hash


async def test_the_reason_of_the_erasure_is_all_that_the_audit_log_keeps(world: World) -> None:
    await world.erase()

    about_her = [
        it for it in await audited(world.api) if it.target_id == str(world.her.person.user_id)
    ]
    assert [it.action for it in about_her] == ["user.warn", "user.mute", "user.erase"]
    assert [it.details is None for it in about_her] == [True, True, False]
    assert json.loads(about_her[-1].details)["reason"] == "asked by letter 17"


async def test_a_dry_run_counts_and_changes_nothing(world: World, settings: Settings) -> None:
    live = await world.her.person.live()
    entries = len(await audited(world.api))

    done = await world.erase(dry_run=True)
    await live.barrier()

    assert done.json()["counts"]["messages"] == 6
    assert (done.json()["is_finished"], done.json()["certificate"]) == (False, None)
    assert len(await audited(world.api)) == entries
    left = (await traces(settings, world.her.marks)).keys()
    assert left | {"before edit"} == world.her.marks.keys()


async def test_twice_is_refused(world: World) -> None:
    await world.erase()

    again = await world.erase()

    assert (again.status_code, again.json()["code"]) == (409, "already_so")


@pytest.mark.parametrize("role", ["user", "moderator"])
async def test_it_takes_an_admin_and_an_attempt_stands_in_the_log(api: Api, role: str) -> None:
    somebody = await promoted(api, "somebody", role)
    bob = await api.register("bob")

    refused = await erase(somebody, bob)

    assert (refused.status_code, refused.json()["code"]) == (403, "role_required")
    (entry,) = await audited(api)
    assert (entry.action, entry.outcome) == ("user.erase", "refused")
    assert (await bob.client.get("/api/users/me")).status_code == 200


async def test_nobody_erases_themselves(api: Api) -> None:
    admin = await promoted(api, "root", "admin")

    refused = await erase(admin, admin)

    assert (refused.status_code, refused.json()["code"]) == (400, "acting_on_oneself")
    assert (await admin.client.get("/api/users/me")).status_code == 200


async def test_an_erased_admin_has_no_power_left(api: Api) -> None:
    first, second = await promoted(api, "first", "admin"), await promoted(api, "second", "admin")

    await erase(first, second)

    refused = await erase(second, first)
    assert refused.status_code in (401, 403)
    async with api.resources.database.read() as connection:
        query = select(User.role, User.status).where(User.id == second.user_id)
        assert tuple((await connection.execute(query)).one()) == ("user", "erased")


async def test_the_direct_conversation_is_frozen_and_her_part_stays(world: World) -> None:
    await world.erase()

    async with world.api.resources.database.read() as connection:
        query = (
            select(Conversation.frozen_at, ConversationParticipant.is_active)
            .join(ConversationParticipant)
            .where(
                Conversation.id == UUID(world.her.dm),
                ConversationParticipant.user_id == world.her.person.user_id,
            )
        )
        row = (await connection.execute(query)).one()
    assert row.frozen_at is not None
    assert row.is_active
