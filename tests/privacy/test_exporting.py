"""An export holds what somebody provided and what they can see; never what they could not read."""

import json
from uuid import UUID

from sqlalchemy import insert, update

from fynix_server.tables import LimitOverride, Message
from tests.people import Api, Person, Serve
from tests.privacy.archives import Rows, export_of, own, unpacked
from tests.privacy.crowding import crowd
from tests.privacy.marked import Marked, marked
from tests.retention.ruling import DAY, log_in, ruler
from tests.staff import promoted


def texts(rows: Rows) -> list[str]:
    return [row["content"] for row in rows]


async def join(actor: Person, group: str, person: Person) -> None:
    url = f"/api/conversations/{group}/participants"
    answer = await actor.client.post(url, json={"user_id": str(person.user_id)})
    assert answer.status_code == 201, answer.text


async def leave(person: Person, group: str) -> None:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    assert (await person.client.delete(url)).status_code == 204


async def test_it_holds_everything_that_she_wrote_and_that_she_can_see(api: Api) -> None:
    bob = await api.register("bob")
    her: Marked = await marked(api, bob)

    found = await own(her.person)

    everything = json.dumps(found, ensure_ascii=False)
    # What moderators wrote for each other is not hers, and an edit has replaced its text.
    not_hers = {"reason", "another reason", "before edit", "first group name"}
    missing = {place for place, mark in her.marks.items() if mark not in everything}
    assert missing == not_hers | {"evidence"}
    assert {"bob speaks first", "bob speaks last"} <= set(texts(found["messages"]))
    assert found["notices"][0]["kind"] == "warning"
    assert [it["action"] for it in found["audit"]] == ["user.warn", "user.mute"]
    assert [it["kind"] for it in found["restrictions"]] == ["muted"]
    assert [it["reason"] for it in found["reports"]] == ["spam"]
    assert len(found["sessions"]) == len(found["profile"]) == len(found["receipts"]) == 1


async def test_it_names_the_others_and_says_what_it_is(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    found = await own(alice)

    (manifest,) = found["manifest"]
    (conversation,) = found["conversations"]
    (session,) = found["sessions"]
    assert (manifest["format"], manifest["format_version"]) == ("fynix-export", 1)
    assert (manifest["username"], manifest["requested_by"]) == ("alice", "self")
    assert conversation["id"] == dm
    assert [it["username"] for it in conversation["participants"]] == ["bob"]
    assert session.keys() == {
        "id",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "user_agent",
    }
    assert found["profile"][0].keys() == {
        "id",
        "username",
        "display_name",
        "avatar_url",
        "accepts_new_dms",
        "role",
        "status",
        "status_until",
        "created_at",
        "updated_at",
    }


async def test_no_secret_is_in_it(api: Api) -> None:
    alice = await api.register("alice")

    everything = json.dumps(await own(alice))

    for secret in ("argon2", "password", "token_hash", alice.refresh_token, alice.access_token):
        assert secret not in everything


async def test_a_message_of_hers_has_her_key_and_another_s_has_none(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "mine", client_message_id="alices-key")
    await bob.send(dm, "yours", client_message_id="bobs-key")

    mine, yours = (await own(alice))["messages"]

    assert mine["client_message_id"] == "alices-key"
    assert "client_message_id" not in yours
    assert mine.keys() - yours.keys() == {"client_message_id"}


async def test_what_was_said_before_she_came_is_not_in_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await bob.group("club")
    await bob.send(group, "before")
    await join(bob, group, alice)
    await bob.send(group, "after")

    assert texts((await own(alice))["messages"]) == ["after"]


async def test_of_what_is_shown_no_more_only_her_own_words_are_in_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    admin = await ruler(api)
    dm = await alice.dm(bob)
    await alice.send(dm, "mine of long ago")
    await bob.send(dm, "bob's of long ago")
    api.clock.advance(40 * DAY)
    await log_in(api, alice, bob, admin.person)
    await bob.send(dm, "bob's of today")
    await admin.keep(30)

    assert texts((await own(alice))["messages"]) == ["mine of long ago", "bob's of today"]


async def test_of_a_group_that_she_has_left_only_her_own_words_are_in_it(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await bob.group("club", alice)
    await bob.send(group, "bob's")
    await alice.send(group, "alice's")
    await leave(alice, group)
    await join(bob, group, carol)
    await bob.client.patch(f"/api/conversations/{group}", json={"name": "secret plans"})
    await bob.send(group, "now that she is gone")

    found = await own(alice)

    (conversation,) = found["conversations"]
    assert texts(found["messages"]) == ["alice's"]
    assert conversation["name"] is None
    assert [it["username"] for it in conversation["participants"]] == ["bob"]
    assert "secret plans" not in json.dumps(found)
    assert "carol" not in json.dumps(found)


async def test_who_has_come_back_has_their_own_words_from_before(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await bob.group("club", alice)
    await alice.send(group, "mine, before")
    await bob.send(group, "bob's, before")
    await leave(alice, group)
    await bob.send(group, "between")
    await join(bob, group, alice)
    await bob.send(group, "since")

    assert texts((await own(alice))["messages"]) == ["mine, before", "since"]


async def test_others_deleted_and_hidden_messages_are_not_in_it_and_her_own_are(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for person, name in ((alice, "alice"), (bob, "bob")):
        deleted = (await person.send(dm, f"{name} deleted")).json()["id"]
        await person.client.delete(f"/api/conversations/{dm}/messages/{deleted}")
        hidden = (await person.send(dm, f"{name} hidden")).json()["id"]
        async with api.resources.database.write() as connection:
            await connection.execute(
                update(Message).where(Message.id == UUID(hidden)).values(hidden_because="shadow")
            )

    found = await own(alice)

    assert texts(found["messages"]) == ["alice deleted", "alice hidden"]
    assert "shadow" not in json.dumps(found)


async def test_a_shadow_limit_is_not_told(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice = await api.register("alice")
    url = f"/api/admin/users/{alice.user_id}/shadow-limit"
    await admin.client.post(url, json={"reason": "spam"})

    for found in (await own(alice), unpacked(await export_of(admin, alice))):
        assert found["restrictions"] == []
        assert "shadow" not in json.dumps(found)


async def test_limits_by_hand_are_told(api: Api) -> None:
    alice = await api.register("alice")
    row = {"user_id": alice.user_id, "bucket": "api", "max_count": 5, "window_seconds": 60}
    async with api.resources.database.write() as connection:
        await connection.execute(insert(LimitOverride), row | {"set_by": "root@machine"})

    (override,) = (await own(alice))["limit_overrides"]

    assert (override["bucket"], override["max_count"]) == ("api", 5)
    assert "set_by" not in override


async def test_one_exports_oneself_so_often_a_day_and_no_more(serve: Serve) -> None:
    api = await serve()
    alice = await api.register("alice")

    for _ in range(3):
        assert (await alice.client.get("/api/users/me/export")).status_code == 200
    refused = await alice.client.get("/api/users/me/export")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 3600
    assert (await alice.client.get("/api/users/me")).status_code == 200


async def test_more_rows_than_a_page_and_numbers_than_a_window_all_come(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    async with unlimited.resources.database.write() as connection:
        await crowd(connection, UUID(dm), (alice.user_id, bob.user_id), 2500)

    found = await own(alice)

    assert [it["seq"] for it in found["messages"]] == list(range(2, 2502))
