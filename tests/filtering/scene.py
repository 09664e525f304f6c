"""An admin who edits rules."""

from typing import Any

import httpx

from tests.people import Person

RULES = "/api/admin/filter/rules"
CASINO = {"name": "casino", "kind": "word", "pattern": "casino", "verdict": "reject"}


async def add(admin: Person, **rule: Any) -> httpx.Response:
    return await admin.client.post(RULES, json={"reason": "because", **CASINO, **rule})


async def change(admin: Person, rule_id: str, **changes: Any) -> httpx.Response:
    return await admin.client.patch(f"{RULES}/{rule_id}", json={"reason": "because", **changes})


async def remove(admin: Person, rule_id: str, **more: Any) -> httpx.Response:
    return await admin.client.request(
        "DELETE", f"{RULES}/{rule_id}", json={"reason": "because", **more}
    )


async def bring_in(admin: Person, *rules: Any, **more: Any) -> httpx.Response:
    body = {"reason": "because", "rules": list(rules), **more}
    return await admin.client.post("/api/admin/filter/import", json=body)


async def judged(person: Person, text: str, **more: Any) -> httpx.Response:
    return await person.client.post("/api/admin/filter/test", json={"text": text, **more})


async def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.client.get(RULES, params=query)
    assert answer.status_code == 200, answer.text
    rules: list[dict[str, Any]] = answer.json()["rules"]
    return rules
