"""A server with an admin at a terminal, and people to act on."""

from dataclasses import dataclass, field

from sqlalchemy import update

from fynix_server.tables import User
from tests.moderation.scene import reported
from tests.people import Api


@dataclass
class AdminWorld:
    """`names`: what commands may name in braces."""

    api: Api
    names: dict[str, str] = field(default_factory=dict)


async def admin_world(api: Api) -> AdminWorld:
    """root, who is logged in at the terminal, is an admin; bob, carol and dave are people, and
    dave is connected."""
    async with api.resources.database.write() as connection:
        await connection.execute(update(User).where(User.username == "root").values(role="admin"))
    bob, carol, dave = await api.people("bob", "carol", "dave")
    await dave.live()
    names = {"bob": str(bob.user_id), "carol": str(carol.user_id), "text": "hello"}
    names["dm"] = await bob.dm(carol)
    names["message"] = (await bob.send(names["dm"], "hello")).json()["id"]
    await reported(api, carol, bob, names["dm"])
    for name, reporter, person in (("case", bob, carol), ("other_case", carol, bob)):
        body = {"user_id": str(person.user_id), "reason": "spam"}
        answer = await reporter.client.post("/api/reports", json=body)
        names[name] = answer.json()["id"]
    return AdminWorld(api, names)
