"""What becomes of a held message that is let through, and of one that is not."""

import json

from fynix_server.held_messages.deciding import REJECTED
from fynix_server.tables import Conversation, Message, Notice
from tests.held_messages.scene import (
    add_rule,
    broken,
    decide,
    hold_all_of,
    listed,
    review,
    stored,
)
from tests.people import Api
from tests.staff import audited, promoted


async def test_a_released_message_arrives_as_the_newest_by_every_way(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    held = (await alice.send(dm, "held back", client_message_id="k")).json()
    later = (await bob.send(dm, "are you there?")).json()
    live, own, plain = await bob.live(), await alice.live(), await bob.plain_live()

    done = await decide(moderator, "release", held["id"])
    new = (await live.expect("new_message"))["message"]
    mine = (await own.expect("new_message"))["message"]
    gone = await own.expect("message_deleted", message_id=held["id"])
    unnamed = (await plain.expect("new_message"))["message"]

    assert done.status_code == 200, done.text
    assert done.json()["held"]["released_as"] == new["id"] != held["id"]
    assert new == mine == unnamed
    assert (new["content"], new["is_held"], new["client_message_id"]) == ("held back", False, "k")
    assert new["seq"] == gone["seq"] + 1 > later["seq"]
    assert new["created_at"] > later["created_at"]
    assert gone["deleted_by"] is None
    for person, unread in ((alice, 1), (bob, 1)):
        assert [it["id"] for it in await person.messages(dm)] == [new["id"], later["id"]]
        page = (await person.client.get(f"/api/conversations/{dm}/messages")).json()
        assert page["total"] == 2
        (item,) = (await person.client.get("/api/conversations")).json()["conversations"]
        assert (item["last_message"]["id"], item["unread_count"]) == (new["id"], unread)
    assert await broken(api) == set()


async def test_a_replay_tells_of_each_number_once_and_of_the_text_at_the_last(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    held = (await alice.send(dm, "held back")).json()
    await decide(moderator, "release", held["id"])

    told = {}
    for person in (alice, bob):
        live = await person.live(resume=False)
        await live.send(type="resume", cursors={dm: held["seq"] - 1})
        await live.expect("resumed")
        events = await person.client.get(
            f"/api/conversations/{dm}/events", params={"after_seq": held["seq"] - 1}
        )
        told[person.username] = [it for it in live.frames if "seq" in it]
        assert events.json()["events"] == told[person.username]

    for frames in told.values():
        assert [it["type"] for it in frames] == [
            "message_deleted",
            "message_deleted",
            "new_message",
        ]
        assert [it["seq"] for it in frames] == [held["seq"] + number for number in range(3)]
        assert "held back" not in str(frames[:2])


async def test_a_rejected_message_is_gone_for_its_sender_who_is_told_once(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    first, second = [(await alice.send(dm, "no " + it)).json() for it in ("one", "two")]
    own, live = await alice.live(), await bob.live()

    done = [await decide(moderator, "reject", it["id"]) for it in (first, second)]
    gone = [await own.expect("message_deleted", message_id=it["id"]) for it in (first, second)]
    notice = await own.expect("server_notice")
    await own.barrier()
    await live.barrier()

    assert [it.status_code for it in done] == [200, 200]
    assert [it["deleted_by"] for it in gone] == [None, None]
    assert notice["detail"] == REJECTED
    assert own.seen("server_notice") == []
    assert live.seen("new_message") == []
    assert await alice.messages(dm) == await bob.messages(dm) == []
    assert await stored(api, Notice.user_id, Notice.kind) == [(alice.user_id, "restriction")]
    assert await stored(api, Conversation.message_count) == [(0,)]
    assert await broken(api) == set()


async def test_a_retry_after_the_release_is_the_released_message(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await add_rule(api, verdict="hold")
    await add_rule(api, name="poker", pattern="poker", verdict="mask")
    # What is masked and held is compared by a digest.
    texts = {"k1": "a casino", "k2": "casino, poker"}
    held = {
        key: (await alice.send(dm, text, client_message_id=key)).json()
        for key, text in texts.items()
    }
    for message in held.values():
        await decide(moderator, "release", message["id"])

    for key, text in texts.items():
        again = await alice.send(dm, text, client_message_id=key)
        other = await alice.send(dm, f"{text}!", client_message_id=key)

        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
        assert again.json()["id"] != held[key]["id"]
        assert again.json()["is_held"] is False
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert [it["content"] for it in await bob.messages(dm)] == ["casino, *****", "a casino"]
    assert len(await stored(api, Message.id)) == 4


async def test_a_retry_before_and_after_a_rejection_stores_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    held = (await alice.send(dm, "hm", client_message_id="k")).json()

    before = await alice.send(dm, "hm", client_message_id="k")
    await decide(moderator, "reject", held["id"])
    after = await alice.send(dm, "hm", client_message_id="k")

    assert {it.json()["id"] for it in (before, after)} == {held["id"]}
    assert {it.status_code for it in (before, after)} == {200}
    assert await bob.messages(dm) == await listed(moderator) == []


async def test_in_a_group_it_arrives_marked_for_whoever_has_blocked_its_sender(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await bob.client.put(f"/api/blocks/{alice.user_id}")
    await hold_all_of(api, alice)
    message = (await alice.send(group, "hm")).json()["id"]
    marked, unmarked = await bob.live(), await carol.live()

    await decide(moderator, "release", message)

    assert (await marked.expect("new_message"))["message"]["is_from_blocked"] is True
    assert (await unmarked.expect("new_message"))["message"]["is_from_blocked"] is False


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    message = (await alice.send(dm, "hm")).json()["id"]
    live, own = await bob.live(), await alice.live()

    tried = [await decide(moderator, verb, message, dry_run=True) for verb in ("release", "reject")]
    shown = await review(moderator, dry_run=True)
    await live.barrier()
    await own.barrier()

    assert [it.json()["held"]["status"] for it in tried] == ["released", "rejected"]
    assert {it.json()["audit_seq"] for it in (*tried, shown)} == {None}
    assert [it["content"] for it in shown.json()["held"]] == [None]
    assert live.seen("new_message") == live.seen("message_deleted") == []
    assert own.seen("server_notice") == []
    assert await audited(api) == await stored(api, Notice.id) == []
    assert [it["status"] for it in await listed(moderator)] == ["waiting"]


async def test_each_decision_stands_in_the_audit_log_with_ids_and_no_text(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await hold_all_of(api, alice)
    message = (await alice.send(dm, "very private")).json()["id"]

    shown = await review(moderator)
    done = await decide(moderator, "release", message)

    looked, decided = await audited(api)
    assert [it["content"] for it in shown.json()["held"]] == ["very private"]
    assert (shown.json()["audit_seq"], done.json()["audit_seq"]) == (looked.seq, decided.seq)
    assert json.loads(looked.details)["after"] == {"message_ids": [message]}
    assert (decided.target_kind, decided.target_id) == ("message", message)
    assert json.loads(decided.details) == {
        "before": {"status": "waiting"},
        "after": {"status": "released", "released_as": done.json()["held"]["released_as"]},
        "reason": "looked at it",
    }
    assert "private" not in looked.details + decided.details
