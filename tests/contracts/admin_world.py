"""A server with an admin at a terminal, and people to act on."""

from dataclasses import dataclass, field

from sqlalchemy import update

from fynix_server.tables import User
from tests.contracts.held_world import held_world
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
    for name, reporter, target in (
        ("case", bob, {"user_id": str(carol.user_id)}),
        ("other_case", carol, {"message_id": names["message"]}),
    ):
        answer = await reporter.client.post("/api/reports", json=target | {"reason": "spam"})
        names[name] = answer.json()["id"]
    await api.register("leaver")
    names["archive"] = str(api.resources.settings.data_dir / "leaver.zip")
    names |= await held_world(api)
    return AdminWorld(api, names)
