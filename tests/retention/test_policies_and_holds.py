"""Setting, clearing and listing: who may, what is refused, and what the audit log says."""

import asyncio
from uuid import uuid4

from fynix_server.permissions import ServerAct
from tests.people import Api
from tests.retention.ruling import REASON, ruler
from tests.staff import audited, promoted


async def test_policies_and_holds_are_listed_and_audited(api: Api) -> None:
    admin = await ruler(api)
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    await admin.keep(365)
    await admin.keep(30, dm)
    await admin.hold("user", bob.user_id)
    await admin.hold("conversation", dm)

    shown = (await admin.person.client.get("/api/admin/retention")).json()
    assert shown["server"]["days"] == 365
    assert [(it["conversation_id"], it["days"]) for it in shown["conversations"]] == [(dm, 30)]
    holds = (await admin.person.client.get("/api/admin/legal-holds?kind=conversation")).json()
    assert [it["subject_id"] for it in holds["holds"]] == [dm]
    entries = [(it.action, it.target_kind, it.target_id) for it in await audited(api)]
    assert entries == [
        (ServerAct.RETENTION_SET, "server", None),
        (ServerAct.RETENTION_SET, "conversation", dm),
        (ServerAct.LEGAL_HOLD_SET, "user", str(bob.user_id)),
        (ServerAct.LEGAL_HOLD_SET, "conversation", dm),
    ]


async def test_what_is_listed_has_the_names_that_people_know_it_by(api: Api) -> None:
    admin = await ruler(api)
    alice, bob = await api.people("alice", "bob")
    dm, club = await alice.dm(bob), await alice.group("club", bob)
    for conversation_id in (dm, club):
        await admin.keep(30, conversation_id)
        await admin.hold("conversation", conversation_id)
    await admin.hold("user", bob.user_id)

    async def names(path: str, rows: str, key: str) -> dict[str, str | None]:
        answer = await admin.person.client.get(f"/api/admin/{path}")
        return {it[key]: it["name"] for it in answer.json()[rows]}

    named = {dm: None, club: "club"}
    assert await names("retention", "conversations", "conversation_id") == named
    assert await names("legal-holds?kind=conversation", "holds", "subject_id") == named
    assert await names("legal-holds", "holds", "subject_id") == {str(bob.user_id): "bob"}


async def test_bad_asks_are_refused_and_change_nothing(api: Api) -> None:
    admin = await ruler(api)
    await admin.keep(30)
    await admin.hold("user", admin.person.user_id)
    entries = len(await audited(api))

    unknown = str(uuid4())
    asked: list[tuple[int, str, dict[str, object]]] = [
        (409, "retention/set", {"days": 30}),
        (400, "retention/set", {"days": 0}),
        (400, "retention/set", {"days": "7"}),
        (400, "retention/set", {"days": 36_501}),
        (404, "retention/set", {"days": 7, "conversation_id": unknown}),
        (404, "retention/clear", {"conversation_id": unknown}),
        (404, "legal-holds/add", {"kind": "user", "subject_id": unknown}),
        (404, "legal-holds/add", {"kind": "conversation", "subject_id": unknown}),
        (400, "legal-holds/add", {"kind": "group", "subject_id": unknown}),
        (409, "legal-holds/remove", {"kind": "user", "subject_id": unknown}),
    ]

    for status, path, body in asked:
        answer = await admin.post(path, **body)
        assert answer.status_code == status, (path, body, answer.text)
    again = await admin.post("legal-holds/add", kind="user", subject_id=str(admin.person.user_id))
    assert (again.status_code, again.json()["code"]) == (409, "already_so")
    assert len(await audited(api)) == entries


async def test_a_moderator_may_not_and_the_attempt_is_in_the_log(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    body = {**REASON, "days": 30}

    refused = await moderator.client.post("/api/admin/retention/set", json=body)
    looked = await moderator.client.get("/api/admin/legal-holds")

    assert (refused.status_code, looked.status_code) == (403, 403)
    assert [(it.action, it.outcome) for it in await audited(api)] == [
        ("retention.set", "refused"),
        ("legal_hold.list", "refused"),
    ]


async def test_a_dry_run_counts_and_changes_nothing(api: Api) -> None:
    admin = await ruler(api)

    answer = await admin.post("retention/set", days=30, dry_run=True)

    assert answer.json()["audit_seq"] is None
    assert (await admin.person.client.get("/api/admin/retention")).json()["server"] is None
    assert (await api.resources.policy.horizon()).is_open
    assert await audited(api) == []


async def test_racing_acts_leave_one_policy_and_an_entry_for_each_that_was_done(api: Api) -> None:
    admin = await ruler(api)
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answers = await asyncio.gather(
        *(admin.post("retention/set", days=days, conversation_id=dm) for days in (5, 6, 7, 5, 6)),
        *(admin.post("retention/clear", conversation_id=dm) for _ in range(3)),
        *(alice.send(dm, f"meanwhile {number}") for number in range(5)),
    )

    assert {it.status_code for it in answers} <= {200, 201, 409}
    done = [it for it in answers if it.status_code == 200]
    assert len(await audited(api)) == len(done)
    shown = (await admin.person.client.get("/api/admin/retention")).json()
    last = max(done, key=lambda it: it.json()["audit_seq"]).json()
    expected = [] if last["days"] is None else [last["days"]]
    assert [it["days"] for it in shown["conversations"]] == expected
