"""Acts on somebody's limits, as an admin asks for them."""

from typing import Any

import httpx

from tests.people import Person


async def act(admin: Person, person: Person, verb: str, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/limits/{verb}"
    return await admin.client.post(url, json={"reason": "because", **body})


async def set_limit(
    admin: Person, person: Person, bucket: str, quota: str, **body: Any
) -> httpx.Response:
    """`quota`: COUNT/SECONDS."""
    count, seconds = map(int, quota.split("/"))
    wanted = {"bucket": bucket, "max_count": count, "window_seconds": seconds}
    return await act(admin, person, "set", **wanted, **body)


async def shown(admin: Person, person: Person) -> dict[str, dict[str, Any]]:
    """Where somebody stands, by bucket."""
    answer = await admin.client.get(f"/api/admin/users/{person.user_id}/limits")
    assert answer.status_code == 200, answer.text
    return {it["bucket"]: it for it in answer.json()["limits"]}


async def sent_of(person: Person, conversation_id: str, attempts: int) -> int:
    """How many of so many messages are let in; the rest is refused for the limit."""
    codes = [
        (await person.send(conversation_id, f"message {number}")).status_code
        for number in range(attempts)
    ]
    assert set(codes) <= {201, 429}
    return codes.count(201)
