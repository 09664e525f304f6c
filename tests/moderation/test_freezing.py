"""A frozen conversation: its people read it, and nobody writes in it until it may go on."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from fynix_server.tables import ConversationEvent
from tests.moderation.scene import counters, on_conversation, on_message, replayed, sent, unsound
from tests.people import Api, Person
from tests.staff import audited, promoted

FROZEN = (403, "conversation_frozen")


async def test_everybody_is_told_and_sees_it(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await bob.live()
    before = await counters(api, dm)

    done = await on_conversation(moderator, dm, "freeze")

    assert done.status_code == 200, done.text
    assert (done.json()["is_frozen"], done.json()["is_group"]) == (True, False)
    frame = await live.expect("conversation_updated")
    assert (frame["is_frozen"], frame["updated_by"]) == (True, None)
    after = await counters(api, dm)
    # Caches of who may write there are told by it, in the same transaction.
    assert (after.last_seq, after.members_version) == (2, before.members_version + 1)
    assert (await bob.client.get(f"/api/conversations/{dm}")).json()["is_frozen"] is True
    listed = (await bob.client.get("/api/conversations")).json()["conversations"]
    assert [it["is_frozen"] for it in listed] == [True]
    assert await unsound(api) == []


async def test_it_goes_on_once_it_is_let(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    (message,) = await sent(alice, group, "text")
    live = await bob.live()
    await on_conversation(moderator, group, "freeze")
    await on_conversation(moderator, group, "unfreeze")

    url = f"/api/conversations/{group}"
    edited = await alice.client.patch(f"{url}/messages/{message}", json={"content": "another"})
    renamed = await alice.client.patch(url, json={"name": "another"})

    assert (edited.status_code, renamed.status_code) == (200, 200)
    assert renamed.json()["is_frozen"] is False
    frames = await live.expect_count("conversation_updated", 3)
    assert [it.get("is_frozen") for it in frames] == [True, False, None]
    assert (await sent(alice, group, "more")) != []


async def _tries(alice: Person, bob: Person, carol: Person, group: str) -> dict[str, Any]:
    (message,) = await sent(alice, group, "text")
    url = f"/api/conversations/{group}"

    def ask(method: str, path: str, **body: Any) -> Any:
        return lambda: alice.client.request(method, url + path, json=body or None)

    return {
        "edit": ask("PATCH", f"/messages/{message}", content="another"),
        "rename": ask("PATCH", "", name="another"),
        "add": ask("POST", "/participants", user_id=str(carol.user_id)),
        "remove": ask("DELETE", f"/participants/{bob.user_id}"),
    }


async def test_its_people_change_nothing_in_it(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob)
    tries = await _tries(alice, bob, carol, group)
    await on_conversation(moderator, group, "freeze")
    before = await counters(api, group)

    answers: dict[str, httpx.Response] = {name: await ask() for name, ask in tries.items()}

    assert {name: (it.status_code, it.json()["code"]) for name, it in answers.items()} == (
        dict.fromkeys(tries, FROZEN)
    )
    assert await counters(api, group) == before


async def test_reading_leaving_and_deleting_ones_own_stay_free(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    (message,) = await sent(alice, group, "text")
    await on_conversation(moderator, group, "freeze")

    url = f"/api/conversations/{group}"
    answers = [
        await bob.client.get(f"{url}/messages"),
        await bob.read(group, message),
        await alice.client.delete(f"{url}/messages/{message}"),
        await bob.client.delete(f"{url}/participants/{bob.user_id}"),
    ]

    assert [it.status_code for it in answers] == [200, 200, 204, 204]


async def test_a_moderator_still_deletes_and_restores_in_it(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "text")
    await on_conversation(moderator, dm, "freeze")

    answers = [await on_message(moderator, dm, message, it) for it in ("delete", "restore")]

    assert [it.status_code for it in answers] == [200, 200]


async def test_typing_begins_no_more_and_ends_all_the_same(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm, other = await alice.dm(bob), await alice.group("other", bob)
    typist, watcher = await alice.live(), await bob.live()
    await typist.send(type="typing", conversation_id=dm, is_typing=True)
    await watcher.expect("typing", is_typing=True)
    await on_conversation(moderator, dm, "freeze")

    await typist.send(type="typing", conversation_id=dm, is_typing=False)
    await watcher.expect("typing", conversation_id=dm, is_typing=False)
    await typist.send(type="typing", conversation_id=dm, is_typing=True)
    await typist.send(type="typing", conversation_id=other, is_typing=True)

    await watcher.expect("typing", conversation_id=other)
    assert watcher.seen("typing") == []


async def test_doing_either_twice_is_refused_and_announced_once(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    codes = [
        (await on_conversation(moderator, dm, verb)).json().get("code")
        for verb in ("unfreeze", "freeze", "freeze", "unfreeze", "unfreeze")
    ]

    assert codes == ["not_so", None, "already_so", None, "not_so"]
    assert [it["type"] for it in await replayed(bob, dm)] == [
        "conversation_created",
        "conversation_updated",
        "conversation_updated",
    ]
    assert [it.action for it in await audited(api)] == [
        "conversation.freeze",
        "conversation.unfreeze",
    ]


async def test_two_at_once_freeze_it_once(api: Api) -> None:
    moderators = [await promoted(api, f"mod{it}", "moderator") for it in range(4)]
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    answers = await asyncio.gather(*(on_conversation(it, dm, "freeze") for it in moderators))

    assert sorted(it.status_code for it in answers) == [200, 409, 409, 409]
    assert (await counters(api, dm)).last_seq == 2


async def test_a_dry_run_freezes_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    before = await counters(api, dm)

    done = await on_conversation(moderator, dm, "freeze", dry_run=True)

    assert (done.json()["is_frozen"], done.json()["audit_seq"]) == (True, None)
    assert await counters(api, dm) == before
    assert (await bob.client.get(f"/api/conversations/{dm}")).json()["is_frozen"] is False


async def test_renamings_that_were_stored_before_there_was_freezing_are_told_as_ever(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    await alice.client.patch(f"/api/conversations/{group}", json={"name": "another"})
    old = f'{{"name":"another","description":null,"updated_by":"{alice.user_id}"}}'
    async with api.resources.database.write() as connection:
        await connection.execute(
            update(ConversationEvent)
            .where(ConversationEvent.type == "conversation_updated")
            .values(payload=old)
        )

    events = await replayed(bob, group)

    assert events[1]["name"] == "another"
    assert "is_frozen" not in events[1]


@pytest.mark.parametrize(
    ("who", "where", "expected"),
    [("user", "there", (403, "role_required")), ("moderator", "nowhere", (404, None))],
)
async def test_who_may_not_or_what_is_not_there_is_refused(
    api: Api, who: str, where: str, expected: tuple[int, str | None]
) -> None:
    actor = await api.register("actor") if who == "user" else await promoted(api, "actor", who)
    alice, bob = await api.people("alice", "bob")
    place = await alice.dm(bob) if where == "there" else str(uuid4())

    for verb in ("freeze", "unfreeze"):
        refused = await on_conversation(actor, place, verb)

        code = expected[1] or "conversation_not_found"
        assert (refused.status_code, refused.json()["code"]) == (expected[0], code)
    assert {it.outcome for it in await audited(api)} == ({"refused"} if who == "user" else set())
