"""What somebody under a shadow limit sees of their own: nothing that would tell them."""

from tests.messages.test_hidden import restrict
from tests.people import Api, Person


async def test_who_is_limited_in_the_shadow_finds_their_own_list_as_ever(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    first, second, empty = await alice.dm(bob), await alice.dm(carol), await alice.group("new", bob)
    await alice.send(first, "one")
    await alice.send(second, "two")
    await restrict(api, alice, "shadow_limited")

    async def listed(person: Person) -> list[tuple[str, str | None]]:
        answer = await person.client.get("/api/conversations")
        return [(it["id"], it["last_message_at"]) for it in answer.json()["conversations"]]

    before = await listed(bob)
    hidden = [(await alice.send(it, "hidden")).json()["created_at"] for it in (first, empty)]

    assert await listed(bob) == before
    assert [it for it, _ in await listed(alice)] == [empty, first, second]
    assert {it: at for it, at in await listed(alice) if it != second} == {
        first: hidden[0],
        empty: hidden[1],
    }
