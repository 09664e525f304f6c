"""A conversation in which something was said long ago, and something today."""

from typing import Any

from tests.people import Api, Person
from tests.retention.ruling import DAY, Ruler, log_in, ruler

OLD, NEW = "said long ago", "said today"


class Room:
    """A conversation in which something was said 40 days ago, and something today."""

    def __init__(self, alice: Person, bob: Person, admin: Ruler, conversation_id: str) -> None:
        self.alice, self.bob, self.admin, self.id = alice, bob, admin, conversation_id
        self.old: dict[str, Any] = {}
        self.new: dict[str, Any] = {}


async def room(api: Api) -> Room:
    admin = await ruler(api)
    alice, bob = await api.people("alice", "bob")
    made = Room(alice, bob, admin, await alice.dm(bob))
    made.old = (await alice.send(made.id, OLD)).json()
    api.clock.advance(40 * DAY)
    await log_in(api, alice, bob, admin.person)
    made.new = (await alice.send(made.id, NEW)).json()
    return made
