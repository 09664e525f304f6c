"""An admin exports somebody else's data; nobody without the role does."""

import json
from uuid import UUID

import pytest
from sqlalchemy import update

from fynix_server.tables import User
from tests.people import Api
from tests.privacy.archives import export_of, own, unpacked
from tests.staff import audited, promoted


async def test_an_admin_gets_the_same_and_it_stands_in_the_audit_log(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    await alice.send(await alice.dm(bob), "hello")

    found = unpacked(await export_of(admin, alice))
    mine = await own(alice)

    (entry,) = await audited(api)
    assert (entry.action, entry.target_id) == ("user.export", str(alice.user_id))
    assert json.loads(entry.details)["reason"] == "asked by letter 17"
    assert found["manifest"][0]["requested_by"] == "admin"
    # She is told that it was done.
    assert [it["action"] for it in mine["audit"]] == ["user.export"]
    del found["manifest"], mine["manifest"]
    assert found == mine


async def test_a_dry_run_tells_how_much_it_would_be(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    await alice.send(await alice.dm(bob), "hello")

    told = (await export_of(admin, alice, dry_run=True)).json()

    assert (told["username"], told["conversations"], told["messages_at_most"]) == ("alice", 1, 1)
    assert await audited(api) == []


@pytest.mark.parametrize("role", ["user", "moderator"])
async def test_somebody_else_s_takes_an_admin(api: Api, role: str) -> None:
    somebody = await promoted(api, "somebody", role)
    alice = await api.register("alice")

    refused = await export_of(somebody, alice)

    assert (refused.status_code, refused.json()["code"]) == (403, "role_required")
    assert [it.outcome for it in await audited(api)] == ["refused"]


async def test_there_is_nothing_of_somebody_erased_or_unknown(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    async with api.resources.database.write() as connection:
        erased = update(User).where(User.id == alice.user_id).values(status="erased")
        await connection.execute(erased)
    bob.user_id = UUID(int=7)

    answers = [await export_of(admin, it) for it in (alice, bob)]

    assert [it.json()["code"] for it in answers] == ["user_not_found"] * 2
