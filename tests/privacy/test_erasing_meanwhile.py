"""What somebody had under way as they were erased leaves nothing of them behind."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from fynix_server.accounts import queries as account_queries
from fynix_server.conversations import queries as conversation_queries
from fynix_server.conversations.service import participant_row
from fynix_server.maintenance.doctor.examination import examine
from fynix_server.membership import lock_people
from fynix_server.settings import Settings
from fynix_server.tables import ConversationParticipant, Message, RefreshToken, Session, User
from tests.conversations.roles import give, log_of, roles_by
from tests.people import Api, Person, Serve
from tests.privacy.marked import erase
from tests.staff import promoted


async def test_a_login_that_ends_after_the_erasure_leaves_no_session(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await promoted(api, "root", "admin")
    alice = await api.register("alice")
    verify = api.resources.passwords.verify

    async def verify_slowly(*given: Any) -> bool:
        is_right = await verify(*given)
        assert (await erase(admin, alice)).json()["is_finished"]
        return is_right

    monkeypatch.setattr(api.resources.passwords, "verify", verify_slowly)
    body = {"username": "alice", "password": alice.password}
    refused = await api.client.post("/api/auth/login", json=body)

    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_credentials")
    assert await count(api, Session, Session.user_id == alice.user_id) == 0
    assert await count(api, RefreshToken, RefreshToken.session_id == alice.session_id) == 0


async def test_a_change_of_the_profile_that_comes_too_late_is_not_stored(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice = await api.register("alice")
    await erase(admin, alice)

    async with api.resources.database.write() as connection:
        late = {"display_name": "Alice again", "avatar_url": "https://example.com/alice.png"}
        await account_queries.update_user(connection, alice.user_id, late)

    async with api.resources.database.read() as connection:
        query = select(User.display_name, User.avatar_url).where(User.id == alice.user_id)
        assert tuple((await connection.execute(query)).one()) == ("deleted user", None)


async def test_who_is_being_added_to_a_group_is_erased_afterwards(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    group = UUID(await bob.group("club"))

    async with api.resources.database.write() as connection:
        known = await lock_people(connection, [alice.user_id])
        erasure = asyncio.create_task(erase(admin, alice))
        await asyncio.wait([erasure], timeout=0.5)
        is_waiting = not erasure.done()
        row = participant_row(group, alice.user_id, "member", 1, api.clock())
        await conversation_queries.insert_participants(connection, [row])

    assert known == {alice.user_id}
    assert (await erasure).json()["is_finished"]
    assert is_waiting
    participant = ConversationParticipant
    is_hers = (participant.user_id == alice.user_id) & participant.is_active
    assert await count(api, participant, is_hers) == 0
    async with api.resources.database.write() as connection:
        assert await lock_people(connection, [alice.user_id]) == set()


async def test_who_inherits_her_group_is_there_and_everybody_is_told(
    api: Api, settings: Settings
) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await give(alice, group, bob, "admin")
    await ban(admin, bob)
    live = await carol.live()

    await erase(admin, alice)
    await live.barrier()

    heirs = [(it["user_id"], it["role"]) for it in live.seen("participant_updated")]
    assert heirs == [(str(carol.user_id), "owner")]
    assert roles_by(await log_of(carol, group))[str(carol.user_id)] == "owner"
    results = await examine(settings, lambda _count: None)
    assert [(it.invariant.name, it.finding) for it in results if it.is_broken] == []


async def test_who_goes_on_sending_at_another_instance_is_erased_whole(serve: Serve) -> None:
    here, there = await serve(rate_limits="off"), await serve(rate_limits="off")
    admin = await promoted(here, "root", "admin")
    alice, bob = await here.people("alice", "bob")
    dm, group = await alice.dm(bob), await bob.group("club", alice)
    body = {"username": "alice", "password": alice.password}
    login = await there.client.post("/api/auth/login", json=body)
    far = Person(there, there.open_client(), login.json())
    live = await far.live()

    async def send_until_refused(conversation_id: str) -> int:
        sent = 0
        while (await far.send(conversation_id, "hers")).status_code == 201:
            sent += 1
        return sent

    sending = [asyncio.create_task(send_until_refused(it)) for it in (dm, group)]
    await live.expect_count("new_message", 4)
    done = (await erase(admin, alice)).json()
    sent = await asyncio.gather(*sending)

    assert done["certificate"]["counts"]["messages"] == sum(sent)
    assert await live.closed() == 4013
    is_hers = Message.sender_id == alice.user_id
    assert await count(here, Message, is_hers) == sum(sent)
    assert await count(here, Message, is_hers & (Message.content != "")) == 0


async def ban(admin: Person, person: Person) -> None:
    url = f"/api/admin/users/{person.user_id}/ban"
    answer = await admin.client.post(url, json={"reason": "spam"})
    assert answer.status_code == 200, answer.text


async def count(api: Api, table: Any, condition: Any) -> int:
    async with api.resources.database.read() as connection:
        query = select(func.count()).select_from(table).where(condition)
        return int((await connection.execute(query)).scalar_one())
