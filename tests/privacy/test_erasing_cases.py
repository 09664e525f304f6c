"""What an erasure keeps until a case is closed, and what it takes from moderators who go."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from fynix_server.settings import Settings
from fynix_server.tables import LegalHold, Report, ReportEvidence
from tests.people import Api, Person
from tests.privacy.marked import CASE_ID, Marked, cases, erase, evidence_of, traces
from tests.staff import promoted


async def certificate_of(admin: Person, person: Person) -> dict[str, Any]:
    answer = await erase(admin, person, vacuum=True)
    assert answer.status_code == 200, answer.text
    certificate: dict[str, Any] = answer.json()["certificate"]
    return certificate


@pytest.mark.parametrize("status", ["open", "assigned"])
async def test_evidence_of_an_open_case_stays_and_the_certificate_says_so(
    api: Api, settings: Settings, status: str
) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    world = Marked(alice, bob, marks={})
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Report), cases(world, status))
        evidence = evidence_of(alice, world.mark("evidence"))
        await connection.execute(insert(ReportEvidence), evidence)

    certificate = await certificate_of(admin, alice)

    assert sorted((it["table"], it["rows"], it["why"]) for it in certificate["kept"]) == [
        ("report_evidence", 1, "open_case"),
        ("reports", 1, "open_case"),
    ]
    assert (await traces(settings, world.marks)).keys() == world.marks.keys()


async def test_cases_of_a_moderator_who_goes_are_open_again(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "moderator", "moderator")
    alice, bob = await api.people("alice", "bob")
    world = Marked(alice, bob, marks={})
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Report), cases(world, "assigned"))
        assigned = update(Report).values(assigned_to=moderator.user_id)
        await connection.execute(assigned)

    await certificate_of(admin, moderator)

    async with api.resources.database.read() as connection:
        query = select(Report.status, Report.assigned_to, Report.outcome).where(
            Report.id == CASE_ID
        )
        row = (await connection.execute(query)).one()
    assert (row.status, row.assigned_to) == ("open", None)
    assert row.outcome == world.marks["outcome"]


async def test_what_a_moderator_did_is_kept_and_counted(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "moderator", "moderator")
    alice = await api.register("alice")
    url = f"/api/admin/users/{alice.user_id}/warn"
    await moderator.client.post(url, json={"reason": "why", "text": "no"})

    certificate = await certificate_of(admin, moderator)

    assert certificate["kept"] == [{"table": "audit_log", "rows": 1, "why": "acts_of_theirs"}]


@pytest.mark.parametrize("stack", ["full"])
async def test_redis_keeps_nothing_by_their_id_or_name(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    await alice.send(await alice.dm(bob), "hello")
    body = {"username": "alice", "password": alice.password}
    assert (await api.client.post("/api/auth/login", json=body)).status_code == 200
    before = await keys_of(api, alice.user_id)

    await certificate_of(admin, alice)

    assert before == {"rate_limit:api:", "rate_limit:login:name:", "rate_limit:messages:"}
    assert await keys_of(api, alice.user_id) == set()


async def keys_of(api: Api, user_id: UUID) -> set[str]:
    """Those that name alice, without what names her."""
    keys = [key.decode() async for key in api.resources.redis.scan_iter()]
    named = {it for it in keys if str(user_id) in it or "alice" in it}
    return {it.replace(str(user_id), "").replace("alice", "") for it in named}


@pytest.mark.parametrize("kind", ["user", "conversation"])
async def test_what_a_legal_hold_is_on_is_not_erased(api: Api, kind: str) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "evidence")
    subject = {"user": alice.user_id, "conversation": UUID(dm)}[kind]
    async with api.resources.database.write() as connection:
        hold = {"kind": kind, "subject_id": subject, "set_by": "test"}
        await connection.execute(insert(LegalHold), hold)

    url = f"/api/admin/users/{alice.user_id}/erase"
    answer = await admin.client.post(url, json={"reason": "asked"})

    assert (answer.status_code, answer.json()["code"]) == (409, "under_legal_hold")
    assert [it["content"] for it in await bob.messages(dm)] == ["evidence"]
    assert (await alice.client.get("/api/users/me")).status_code == 200
