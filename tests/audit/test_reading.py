"""Reading the audit log through the API."""

import os
import pwd
import socket
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from fynix_server.audit import Act, host_actor, record_act, redact_details
from fynix_server.tables import User
from tests.people import Api, Person
from tests.staff import audited, promoted

AUDIT = "/api/admin/audit"


async def act(moderator: Person, person: Person, verb: str, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def seqs(admin: Person, **query: Any) -> list[int]:
    answer = await admin.client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    return [it["seq"] for it in answer.json()["entries"]]


async def test_entries_are_told_newest_first_with_the_names_of_now(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    await act(admin, bob, "mute")
    await act(admin, bob, "unmute")
    async with api.resources.database.write() as connection:
        await record_act(connection, host_actor(), Act("cleanup.run", "server"), api.clock())

    answer = (await admin.client.get(AUDIT)).json()

    stored = await audited(api)
    assert [it["seq"] for it in answer["entries"]] == [3, 2, 1]
    assert answer["head"] == {"seq": 3, "hash": stored[-1].hash}
    assert [(it["actor_name"], it["target_name"]) for it in answer["entries"]] == [
        (None, None),
        ("root", "bob"),
        ("root", "bob"),
    ]
    assert [it["details"] for it in answer["entries"]] == [it.details for it in reversed(stored)]
    shown = (await admin.client.get(f"{AUDIT}/2")).json()
    assert shown == answer["entries"][1]


async def test_of_the_erased_neither_name_nor_details_are_told(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    await act(admin, bob, "mute")
    async with api.resources.database.write() as connection:
        await redact_details(connection, bob.user_id)
        gone = update(User).where(User.id == bob.user_id).values(status="erased")
        await connection.execute(gone)

    shown = (await admin.client.get(f"{AUDIT}/1")).json()

    assert (shown["details"], shown["details_salt"], shown["target_name"]) == (None, None, None)
    assert shown["target_id"] == str(bob.user_id)


async def test_they_are_found_by_who_whom_what_how_it_ended_and_when(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    await act(admin, bob, "mute")
    await act(moderator, carol, "mute")
    await act(moderator, admin, "ban")
    between = api.clock()
    api.clock.advance(60)
    await act(moderator, bob, "unmute")

    assert await seqs(admin, actor=str(moderator.user_id)) == [4, 3, 2]
    assert await seqs(admin, target=str(bob.user_id)) == [4, 1]
    assert await seqs(admin, action="user.mute") == [2, 1]
    assert await seqs(admin, outcome="refused") == [3]
    assert await seqs(admin, since=between.isoformat()) == [4]
    assert await seqs(admin, until=between.isoformat()) == [3, 2, 1]
    assert await seqs(admin, actor=str(moderator.user_id), target=str(bob.user_id)) == [4]
    assert await seqs(admin, actor="nobody") == []
    assert await seqs(admin, limit=2) == [4, 3]
    assert await seqs(admin, before_seq=3) == [2, 1]
    assert await seqs(admin, after_seq=1, limit=2) == [2, 3]


async def test_moments_find_what_instances_wrote_whose_clocks_differ(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    noon = api.clock()
    for minutes in (0, 10, -5, 20, 8, 40):
        async with api.resources.database.write() as connection:
            moment = noon + timedelta(minutes=minutes)
            await record_act(connection, host_actor(), Act("cleanup.run", "server"), moment)

    before = (noon + timedelta(minutes=9)).isoformat()

    assert await seqs(admin, until=before) == [5, 3, 1]
    assert await seqs(admin, since=before) == [6, 4, 2]
    assert await seqs(admin, since=before, until=before) == []


async def test_pages_go_on_where_the_last_one_ended_while_entries_are_added(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    for verb in ("mute", "hold", "unmute", "unhold"):
        await act(admin, bob, verb)

    first = (await admin.client.get(AUDIT, params={"limit": 2})).json()
    await act(admin, bob, "mute")
    query = {"limit": 2, "before_seq": first["entries"][-1]["seq"]}
    second = (await admin.client.get(AUDIT, params=query)).json()

    assert [it["seq"] for it in first["entries"] + second["entries"]] == [4, 3, 2, 1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert second["head"]["seq"] == 5


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 501},
        {"before_seq": 3, "after_seq": 1},
        {"before_seq": -1},
        {"after_seq": 2**63},
        {"outcome": "maybe"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"actor": ""},
        {"actor": "\x00"},
        {"target": "x" * 101},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused(api: Api, query: dict[str, Any]) -> None:
    admin = await promoted(api, "root", "admin")

    answer = await admin.client.get(AUDIT, params=query)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    ("seq", "expected"),
    [
        ("1", (404, "audit_entry_not_found")),
        ("0", (404, "audit_entry_not_found")),
        ("9" * 19, (404, "audit_entry_not_found")),
        ("9" * 200, (404, "audit_entry_not_found")),
        ("-1", (400, "invalid_input")),
        ("one", (400, "invalid_input")),
        ("²", (400, "invalid_input")),
        (str(UUID(int=7)), (400, "invalid_input")),
    ],
)
async def test_what_is_no_entry_is_not_found(api: Api, seq: str, expected: tuple[int, str]) -> None:
    admin = await promoted(api, "root", "admin")

    answer = await admin.client.get(f"{AUDIT}/{seq}")

    assert (answer.status_code, answer.json()["code"]) == expected


async def test_only_admins_read_it_and_attempts_stand_in_it(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")

    answers = [
        await person.client.get(path)
        for person in (moderator, bob)
        for path in (AUDIT, f"{AUDIT}/1")
    ]

    assert {it.json()["code"] for it in answers} == {"role_required"}
    listed = (await admin.client.get(AUDIT)).json()["entries"]
    assert [(it["action"], it["outcome"], it["actor_name"]) for it in listed] == [
        ("audit.read", "refused", "bob"),
        ("audit.read", "refused", "bob"),
        ("audit.read", "refused", "mod"),
        ("audit.read", "refused", "mod"),
    ]


def test_whoever_acts_at_the_host_is_not_who_they_say_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")

    assert host_actor().id == f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"
