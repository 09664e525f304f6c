"""Blocking and unblocking, as people do it."""

import httpx

from tests.people import Person


async def block(blocker: Person, other: Person) -> httpx.Response:
    answer = await blocker.client.put(f"/api/blocks/{other.user_id}")
    assert answer.status_code in (200, 201), answer.text
    return answer


async def unblock(blocker: Person, other: Person) -> None:
    answer = await blocker.client.delete(f"/api/blocks/{other.user_id}")
    assert answer.status_code == 204, answer.text
