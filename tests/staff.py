"""People with a role on the server, and what the audit log says of them."""

from typing import Any

import httpx
from sqlalchemy import select, update

from fynix_server.tables import AuditEntry, User
from tests.people import Api, Person


async def promoted(api: Api, username: str, role: str) -> Person:
    """A new person with this role on the server."""
    person = await api.register(username)
    async with api.resources.database.write() as connection:
        await connection.execute(update(User).where(User.id == person.user_id).values(role=role))
    api.resources.sessions.forget(person.session_id)
    return person


async def audited(api: Api) -> list[Any]:
    """The whole audit log, in its order."""
    async with api.resources.database.read() as connection:
        return list(await connection.execute(select(AuditEntry).order_by(AuditEntry.seq)))


async def act(moderator: Person, person: Person, verb: str, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "because", **body})
