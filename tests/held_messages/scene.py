"""A message that is held, and people around it."""

from typing import Any

import httpx
from sqlalchemy import insert, select

from fynix_server.maintenance.doctor.examination import examine
from fynix_server.policy import move_policy_version
from fynix_server.tables import ContentRule, Restriction
from tests.people import Api, Person


async def hold_all_of(api: Api, person: Person) -> None:
    """Whatever they write from now on waits for a moderator."""
    row = {"user_id": person.user_id, "kind": "held", "set_by": "test"}
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Restriction), row)
        await move_policy_version(connection)
    await api.resources.policy.apply_change()


async def add_rule(api: Api, **rule: Any) -> None:
    """A rule that is there already: live, unless it says otherwise."""
    row = {"name": "casino", "kind": "word", "pattern": "casino", "is_shadow": False, **rule}
    async with api.resources.database.write() as connection:
        await connection.execute(insert(ContentRule), row)
        await move_policy_version(connection)
    await api.resources.policy.apply_change()


async def stored(api: Api, *columns: Any) -> list[tuple[Any, ...]]:
    async with api.resources.database.read() as connection:
        return [tuple(row) for row in await connection.execute(select(*columns))]


async def decide(moderator: Person, verb: str, message_id: str, **body: Any) -> httpx.Response:
    url = f"/api/admin/held/{message_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "looked at it", **body})


async def review(moderator: Person, **body: Any) -> httpx.Response:
    return await moderator.client.post(
        "/api/admin/held/review", json={"reason": "the daily round", **body}
    )


async def listed(moderator: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await moderator.client.get("/api/admin/held", params=query)
    assert answer.status_code == 200, answer.text
    held: list[dict[str, Any]] = answer.json()["held"]
    return held


async def broken(api: Api) -> set[str]:
    """What the doctor finds wrong."""
    results = await examine(api.resources.settings, lambda _count: None)
    return {it.invariant.name for it in results if it.is_broken}
