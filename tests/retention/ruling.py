"""An admin who sets policies and holds, for tests."""

from typing import Any

import httpx

from tests.people import Api, Person
from tests.staff import promoted

DAY = 86_400
REASON = {"reason": "because"}


class Ruler:
    """An admin, and what they ask of the API."""

    def __init__(self, person: Person) -> None:
        self.person = person

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.person.client.post(f"/api/admin/{path}", json={**REASON, **body})

    async def keep(self, days: int, conversation_id: str | None = None) -> dict[str, Any]:
        """Set a policy, which must be allowed."""
        answer = await self.post("retention/set", days=days, conversation_id=conversation_id)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def clear(self, conversation_id: str | None = None) -> None:
        answer = await self.post("retention/clear", conversation_id=conversation_id)
        assert answer.status_code == 200, answer.text

    async def hold(self, kind: str, subject_id: object) -> None:
        answer = await self.post("legal-holds/add", kind=kind, subject_id=str(subject_id))
        assert answer.status_code == 200, answer.text

    async def lift(self, kind: str, subject_id: object) -> None:
        answer = await self.post("legal-holds/remove", kind=kind, subject_id=str(subject_id))
        assert answer.status_code == 200, answer.text


async def ruler(api: Api) -> Ruler:
    return Ruler(await promoted(api, "root", "admin"))


async def log_in(api: Api, *people: Person) -> None:
    """Anew, where their tokens have expired with the clock."""
    for person in people:
        body = {"username": person.username, "password": person.password}
        answer = await api.client.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        person.take_tokens(answer.json())
