"""A case to work on, and what moderators and reporters see of it."""

from dataclasses import dataclass
from typing import Any

from tests.people import Api, Person
from tests.reports.filing import reported, sent
from tests.staff import promoted

VERBS = ("read", "assign", "action", "dismiss")


@dataclass
class Court:
    """alice has reported a message of bob's: `case`."""

    moderator: Person
    alice: Person
    bob: Person
    dm: str
    message: str
    case: str


async def court(api: Api) -> Court:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    message = await sent(bob, dm, "insult")
    case = await reported(alice, message_id=message, reason="harassment", comment="Again.")
    return Court(moderator, alice, bob, dm, message, case)


async def listed(moderator: Person, **query: Any) -> list[str]:
    answer = await moderator.client.get("/api/admin/cases", params=query)
    assert answer.status_code == 200, answer.text
    return [it["id"] for it in answer.json()["cases"]]


async def shown(moderator: Person, case_id: str) -> dict[str, Any]:
    answer = await moderator.client.get(f"/api/admin/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def own_report(person: Person) -> dict[str, Any]:
    (found,) = (await person.client.get("/api/reports")).json()["reports"]
    return dict(found)
