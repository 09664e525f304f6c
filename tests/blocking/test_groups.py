"""A block in a group: messages arrive marked, typing does not pass, nobody adds the other."""

from sqlalchemy import update

from fynix_server.tables import User
from tests.blocking.acts import block
from tests.people import Api, Live, Person


async def group_of_three(api: Api) -> tuple[str, Person, Person, Person]:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    return await carol.group("club", alice, bob), alice, bob, carol


async def test_in_a_group_the_messages_of_the_blocked_arrive_marked(api: Api) -> None:
    group, alice, bob, carol = await group_of_three(api)
    await block(alice, bob)
    lives: dict[str, Live] = {"alice": await alice.live(), "carol": await carol.live()}

    sent = (await bob.send(group, 'a text with "is_from_blocked":false}} in it')).json()
    marks = {
        name: (await live.expect("new_message"))["message"]["is_from_blocked"]
        for name, live in lives.items()
    }

    assert marks == {"alice": True, "carol": False}
    assert sent["is_from_blocked"] is False
    for person, expected in ((alice, True), (carol, False), (bob, False)):
        listed = (await person.messages(group))[0]
        events = (await person.client.get(f"/api/conversations/{group}/events")).json()["events"]
        page = (await person.client.get("/api/conversations")).json()
        told = [
            listed,
            events[-1]["message"],
            page["conversations"][0]["last_message"],
        ]
        assert [it["is_from_blocked"] for it in told] == [expected] * 3
        assert {it["content"] for it in told} == {sent["content"]}


async def test_a_replay_and_an_edit_are_marked_too(api: Api) -> None:
    group, alice, bob, _ = await group_of_three(api)
    await block(alice, bob)
    message = (await bob.send(group, "first")).json()
    live = await alice.live(resume=False)
    await live.send(type="resume", cursors={group: 0})

    replayed = (await live.expect("new_message"))["message"]
    url = f"/api/conversations/{group}/messages/{message['id']}"
    await bob.client.patch(url, json={"content": "second"})
    edited = (await live.expect("message_updated"))["message"]

    assert (replayed["content"], replayed["is_from_blocked"]) == ("first", True)
    assert (edited["content"], edited["is_from_blocked"]) == ("second", True)


async def test_in_a_group_the_others_still_see_typing(api: Api) -> None:
    group, alice, bob, carol = await group_of_three(api)
    await block(alice, bob)
    of_alice, of_bob, of_carol = await alice.live(), await bob.live(), await carol.live()

    await of_bob.send(type="typing", conversation_id=group, is_typing=True)
    await of_carol.expect("typing", is_typing=True)
    await of_alice.barrier()

    assert of_alice.seen("typing") == []


async def test_neither_can_add_the_other_to_a_group(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    groups = {"alice": await alice.group("hers"), "bob": await bob.group("his")}
    await block(alice, bob)

    answers = []
    for actor, other in ((alice, bob), (bob, alice)):
        url = f"/api/conversations/{groups[actor.username]}/participants"
        answers.append(await actor.client.post(url, json={"user_id": str(other.user_id)}))
        body = {"name": "new", "participant_ids": [str(other.user_id)]}
        answers.append(await actor.client.post("/api/conversations", json=body))

    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, "cannot_add_user")}
    for person in (alice, bob):
        listed = (await person.client.get("/api/conversations")).json()["conversations"]
        assert [it["id"] for it in listed] == [groups[person.username]]


async def test_a_refusal_to_be_added_is_that_of_any_other_privacy(api: Api) -> None:
    alice, bob, carol, dave = await api.people("alice", "bob", "carol", "dave")
    await block(alice, bob)
    await carol.client.patch("/api/users/me", json={"accepts_new_dms": False})
    async with api.resources.database.write() as connection:
        is_dave = User.id == dave.user_id
        await connection.execute(update(User).where(is_dave).values(status="banned"))
    group = await bob.group("his")

    told = []
    for other in (alice, carol, dave):
        url = f"/api/conversations/{group}/participants"
        added = await bob.client.post(url, json={"user_id": str(other.user_id)})
        body = {"name": "new", "participant_ids": [str(other.user_id)]}
        begun = await bob.client.post("/api/conversations", json=body)
        told += [(it.status_code, it.json()["code"], it.json()["detail"]) for it in (added, begun)]

    assert set(told) == {(403, "cannot_add_user", "You cannot add this person.")}


async def test_who_wants_nobody_new_is_added_by_those_they_write_with(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.dm(bob)
    await alice.client.patch("/api/users/me", json={"accepts_new_dms": False})

    await bob.group("both", alice)

    assert (await alice.client.get("/api/conversations")).json()["total"] == 2
