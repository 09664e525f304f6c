"""Deleting anybody's message, and restoring it: everybody sees the same, live and later."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from fynix_server.tables import Message
from tests.moderation.scene import (
    counters,
    on_message,
    replayed,
    seen,
    sent,
    stored,
    unsound,
)
from tests.people import Api, Serve
from tests.staff import audited, promoted


async def test_a_deleted_message_goes_for_all_at_once_and_is_counted_no_more(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    _, gone = await sent(alice, dm, "kept", "gone")
    lives = [await alice.live(), await bob.live()]

    done = await on_message(moderator, dm, gone, "delete")

    assert done.status_code == 200, done.text
    assert (done.json()["seq"], done.json()["sender_username"]) == (3, "alice")
    assert done.json()["is_deleted"] is True
    assert "gone" not in done.text
    for live in lives:
        frame = await live.expect("message_deleted")
        assert (frame["message_id"], frame["seq"]) == (gone, 4)
        # Which moderator decided is nobody's business, that of who reported it least of all.
        assert frame["deleted_by"] is None
    assert await seen(alice, dm) == (["kept"], 1, 0)
    assert await seen(bob, dm) == (["kept"], 1, 1)
    assert await stored(api, gone) == (True, moderator.user_id, "gone")
    assert await unsound(api) == []


async def test_a_restored_message_is_back_for_all_and_unread_where_it_was(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    first, _ = await sent(alice, dm, "first", "second")
    before = await seen(bob, dm)
    await on_message(moderator, dm, first, "delete")
    live = await bob.live()

    done = await on_message(moderator, dm, first, "restore")

    assert done.status_code == 200, done.text
    frame = await live.expect("message_updated")
    assert (frame["seq"], frame["message"]["seq"]) == (5, 2)
    assert frame["message"]["content"] == "first"
    assert frame["message"]["edited_at"] is None
    assert await seen(bob, dm) == before == (["second", "first"], 2, 2)
    assert (await counters(api, dm)).message_count == 2
    assert await stored(api, first) == (False, None, "first")
    assert await unsound(api) == []


async def test_who_comes_back_is_told_the_same_also_by_a_server_that_began_anew(
    serve: Serve,
) -> None:
    api = await serve()
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    back, gone = await sent(alice, dm, "back", "gone")
    live = await bob.live()
    for message_id, verb in ((back, "delete"), (back, "restore"), (gone, "delete")):
        assert (await on_message(moderator, dm, message_id, verb)).status_code == 200
    frames = [
        await live.expect(kind)
        for kind in ("message_deleted", "message_updated", "message_deleted")
    ]

    again = await serve()
    answer = await again.client.get(
        f"/api/conversations/{dm}/events",
        params={"after_seq": 3},
        headers={"Authorization": f"Bearer {bob.access_token}"},
    )

    assert answer.json()["events"] == frames
    events = await replayed(bob, dm)
    assert [it["seq"] for it in events] == [1, 2, 3, 4, 5, 6]
    assert [it["type"] for it in events[1:3]] == ["new_message", "message_deleted"]


async def test_what_its_sender_deleted_is_theirs_and_is_not_restored(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (own,) = await sent(alice, dm, "own")
    await alice.client.delete(f"/api/conversations/{dm}/messages/{own}")

    refused = await on_message(moderator, dm, own, "restore")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_restorable")
    assert await stored(api, own) == (True, alice.user_id, "own")


async def test_what_was_erased_meanwhile_is_not_restored(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (gone,) = await sent(alice, dm, "gone")
    await on_message(moderator, dm, gone, "delete")
    async with api.resources.database.write() as connection:
        erased = update(Message).where(Message.id == UUID(gone)).values(content="")
        await connection.execute(erased)

    refused = await on_message(moderator, dm, gone, "restore")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_restorable")


async def test_doing_either_twice_is_refused_and_gives_out_no_number(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "text")

    outcomes = [
        (await on_message(moderator, dm, message, verb)).json().get("code")
        for verb in ("restore", "delete", "delete", "restore", "restore")
    ]

    assert outcomes == ["not_so", None, "already_so", None, "not_so"]
    assert (await counters(api, dm)).last_seq == 4
    assert [it.action for it in await audited(api)] == ["message.delete", "message.restore"]


async def test_two_at_once_delete_it_once(api: Api) -> None:
    moderators = [await promoted(api, f"mod{it}", "moderator") for it in range(4)]
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "text")

    answers = await asyncio.gather(*(on_message(it, dm, message, "delete") for it in moderators))

    assert sorted(it.status_code for it in answers) == [200, 409, 409, 409]
    assert (await counters(api, dm))[:2] == (3, 0)
    assert await unsound(api) == []


async def test_a_message_that_only_its_sender_sees_was_never_counted(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    held, _ = await sent(alice, dm, "held", "seen")
    async with api.resources.database.write() as connection:
        hidden = update(Message).where(Message.id == UUID(held)).values(hidden_because="held")
        await connection.execute(hidden)
    before = (await counters(api, dm)).message_count
    theirs, others = await alice.live(), await bob.live()

    await on_message(moderator, dm, held, "delete")
    deleted = (await counters(api, dm)).message_count
    await on_message(moderator, dm, held, "restore")

    assert (await counters(api, dm)).message_count == deleted == before
    assert (await theirs.expect("message_updated"))["message"]["content"] == "held"
    frames = await others.expect_count("message_deleted", 2)
    assert [it["message_id"] for it in frames] == [held, held]


async def test_who_joined_later_is_not_shown_what_is_restored(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob)
    (message,) = await sent(alice, group, "before her time")
    url = f"/api/conversations/{group}/participants"
    await alice.client.post(url, json={"user_id": str(carol.user_id)})
    await on_message(moderator, group, message, "delete")
    live = await carol.live()

    await on_message(moderator, group, message, "restore")

    frame = await live.expect("message_deleted")
    assert (frame["message_id"], frame["deleted_by"]) == (message, None)
    assert "before her time" not in json.dumps(live.frames)


async def test_a_dry_run_shows_no_text_and_changes_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "secret")
    live = await bob.live()
    before = await counters(api, dm)

    done = await on_message(moderator, dm, message, "delete", dry_run=True)
    await live.barrier()

    assert (done.json()["is_deleted"], done.json()["audit_seq"]) == (True, None)
    assert "secret" not in done.text
    assert live.seen("message_deleted") == []
    assert await counters(api, dm) == before
    assert await audited(api) == []


async def test_the_audit_log_has_ids_and_no_text(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "secret")

    await on_message(moderator, dm, message, "delete")

    (entry,) = await audited(api)
    assert (entry.target_kind, entry.target_id) == ("message", message)
    assert json.loads(entry.details) == {
        "before": {"is_deleted": False},
        "after": {
            "is_deleted": True,
            "conversation_id": dm,
            "seq": 2,
            "sender_id": str(alice.user_id),
        },
        "reason": "because",
    }


@pytest.mark.parametrize("verb", ["delete", "restore"])
@pytest.mark.parametrize(
    ("who", "of", "expected"),
    [
        ("user", "user", (403, "role_required")),
        ("moderator", "moderator", (403, "role_too_high")),
        ("moderator", "admin", (403, "role_too_high")),
        ("moderator", "oneself", (400, "acting_on_oneself")),
        ("admin", "oneself", (400, "acting_on_oneself")),
        ("moderator", "nowhere", (404, "conversation_not_found")),
        ("moderator", "elsewhere", (404, "message_not_found")),
        ("moderator", "nothing", (404, "message_not_found")),
    ],
)
async def test_who_may_not_is_refused_and_an_attempt_at_power_is_recorded(
    api: Api, verb: str, who: str, of: str, expected: tuple[int, str]
) -> None:
    actor = await api.register("actor") if who == "user" else await promoted(api, "actor", who)
    role = of if of in ("moderator", "admin") else "user"
    sender = actor if of == "oneself" else await promoted(api, "sender", role)
    bob = await api.register("bob")
    dm, other = await sender.dm(bob), await sender.group("other", bob)
    (message,) = await sent(sender, dm, "text")
    place = {"nowhere": str(uuid4()), "elsewhere": other}.get(of, dm)
    which = str(uuid4()) if of == "nothing" else message

    refused = await on_message(actor, place, which, verb)

    assert (refused.status_code, refused.json()["code"]) == expected
    assert (await stored(api, message)).is_deleted is False
    attempts: list[Any] = [(it.outcome, it.target_id) for it in await audited(api)]
    assert attempts == ([("refused", which)] if expected[0] != 404 else [])


async def test_an_admin_deletes_what_a_moderator_wrote(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    dm = await moderator.dm(bob)
    (message,) = await sent(moderator, dm, "text")

    deleted = await on_message(admin, dm, message, "delete")
    own = await on_message(moderator, dm, message, "restore")

    assert deleted.status_code == 200
    assert own.json()["code"] == "acting_on_oneself"


@pytest.mark.parametrize("stack", ["full"])
async def test_sockets_on_another_instance_are_told_too(serve: Serve) -> None:
    api, other = await serve(), await serve()
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(alice, dm, "text")
    live = await other.connect(token=bob.access_token, subprotocols=["fynix.v1"])
    await live.send(type="resume", cursors={})
    await live.expect("resumed")

    await on_message(moderator, dm, message, "delete")
    await on_message(moderator, dm, message, "restore")

    assert (await live.expect("message_deleted"))["seq"] == 3
    assert (await live.expect("message_updated"))["seq"] == 4
