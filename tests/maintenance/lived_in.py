"""A database in which people have done everything that they can do, made through the API."""

from contextlib import AsyncExitStack

from fynix_server.app import create_app
from fynix_server.settings import Settings
from tests.people import Api, MovableClock, Person
from tests.running import run_app
from tests.staff import promoted

SECRET_TEXT = "meet me at the old mill"
"""What people wrote, which no report may repeat."""


async def live_in(settings: Settings) -> None:
    """Serve `settings`, and let three people send, read, change, delete, come and go."""
    clock = MovableClock()
    app = create_app(settings, clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        api = Api(url, app, clock, stack)
        alice, bob, carol = await api.people("alice", "bob", "carol")
        await _converse(alice, bob, await alice.dm(bob))
        await alice.dm(carol)  # in which nobody says anything
        await _meet(alice, bob, carol)
        await _hand_on(alice, bob, carol)
        deserted = await alice.group("deserted", bob)
        for person in (bob, alice):
            await leave(person, deserted, person)
        await _be_held(api, alice, carol)
        body = {"refresh_token": carol.refresh_token}
        assert (await api.client.post("/api/auth/refresh", json=body)).status_code == 200


async def _converse(alice: Person, bob: Person, dm: str) -> None:
    sent = [
        (await alice.send(dm, f"{SECRET_TEXT}, {number}", client_message_id=f"key-{number}")).json()
        for number in range(6)
    ]
    await bob.read(dm, sent[3]["id"])
    await bob.send(dm, SECRET_TEXT)
    await alice.client.delete(f"/api/conversations/{dm}/messages/{sent[1]['id']}")
    url = f"/api/conversations/{dm}/messages/{sent[2]['id']}"
    assert (await alice.client.patch(url, json={"content": "changed"})).status_code == 200
    last = (await alice.send(dm, "soon gone")).json()
    await alice.client.delete(f"/api/conversations/{dm}/messages/{last['id']}")
    for number in range(3):
        await alice.send(dm, f"unread {number}")


async def _meet(alice: Person, bob: Person, carol: Person) -> None:
    group = await alice.group("a group", bob)
    await alice.send(group, "before carol")
    await add(alice, group, carol)
    await carol.send(group, "hello")
    await leave(alice, group, bob)
    read = (await alice.send(group, "bob is away")).json()
    await carol.read(group, read["id"])
    await add(alice, group, bob)
    await leave(carol, group, carol)
    await alice.client.patch(f"/api/conversations/{group}", json={"name": "renamed"})
    await bob.send(group, "back again")


async def _hand_on(alice: Person, bob: Person, carol: Person) -> None:
    group = await alice.group("handed on", bob, carol)
    await give_role(alice, group, bob, "admin")
    await give_role(alice, group, carol, "owner")
    await leave(carol, group, carol)
    await add(alice, group, carol)


async def _be_held(api: Api, alice: Person, carol: Person) -> None:
    moderator = await promoted(api, "moderator", "moderator")
    group = await alice.group("watched", carol)
    url = f"/api/admin/users/{carol.user_id}/hold"
    held = await moderator.client.post(url, json={"reason": "to see what happens"})
    assert held.status_code == 200, held.text
    assert (await carol.send(group, "held")).json()["is_held"] is True


async def give_role(actor: Person, group: str, person: Person, role: str) -> None:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    answer = await actor.client.patch(url, json={"role": role})
    assert answer.status_code == 200, answer.text


async def add(actor: Person, group: str, person: Person) -> None:
    url = f"/api/conversations/{group}/participants"
    answer = await actor.client.post(url, json={"user_id": str(person.user_id)})
    assert answer.status_code == 201, answer.text


async def leave(actor: Person, group: str, person: Person) -> None:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    answer = await actor.client.delete(url)
    assert answer.status_code == 204, answer.text
