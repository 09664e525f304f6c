"""What moderators do to people: it holds at once, everywhere, and stands in the audit log."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from fynix_server.clock import whole_second
from fynix_server.protocol.fields import rfc3339
from tests.people import Api, Serve
from tests.staff import act, audited, promoted


async def test_a_suspended_person_is_shut_out_at_once_and_comes_back_by_the_clock(
    api: Api,
) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")
    live = await bob.live()

    done = await act(moderator, bob, "suspend", seconds=3600)
    code = await live.closed()
    refused = await bob.client.get("/api/users/me")
    body = {"username": "bob", "password": bob.password}
    no_login = await api.client.post("/api/auth/login", json=body)
    api.clock.advance(3601)
    back = await api.client.post("/api/auth/login", json=body)

    assert done.status_code == 200, done.text
    assert done.json()["user"]["status"] == "suspended"
    assert code == 4013
    assert (refused.status_code, refused.json()["code"]) == (403, "suspended")
    assert (no_login.status_code, no_login.json()["code"]) == (403, "suspended")
    ends = whole_second(datetime.fromisoformat(done.json()["user"]["status_until"]))
    told = f"This account is suspended until {rfc3339(ends)}."
    assert refused.json()["detail"] == no_login.json()["detail"] == told
    assert back.status_code == 200


async def test_a_ban_stays_until_it_is_lifted(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")

    await act(moderator, bob, "ban")
    api.clock.advance(10 * 24 * 3600)
    body = {"username": "bob", "password": bob.password}
    refused = await api.client.post("/api/auth/login", json=body)
    mod_again = await api.client.post("/api/auth/login", json=body | {"username": "mod"})
    moderator.take_tokens(mod_again.json())
    lifted = await act(moderator, bob, "unban")
    back = await api.client.post("/api/auth/login", json=body)

    assert refused.status_code == 403
    assert refused.json()["detail"] == "This account is banned."
    assert lifted.json()["user"]["status"] == "active"
    assert back.status_code == 200


@pytest.mark.parametrize("stack", ["full"])
async def test_sockets_on_another_instance_close_too(serve: Serve) -> None:
    api, other = await serve(), await serve()
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    live = await other.connect(token=bob.access_token)
    await live.barrier()

    await act(moderator, bob, "ban")

    assert await live.closed() == 4013
    refused = await other.client.get(
        "/api/users/me", headers={"Authorization": f"Bearer {bob.access_token}"}
    )
    assert refused.status_code == 403


async def test_each_act_stands_in_the_audit_log_with_who_whom_why_and_what_changed(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")

    done = await act(admin, bob, "role", role="moderator", reason="helps a lot")

    (entry,) = await audited(api)
    assert done.json()["audit_seq"] == entry.seq == 1
    assert (entry.action, entry.outcome) == ("user.role", "done")
    assert (entry.actor_kind, entry.actor_id) == ("user", str(admin.user_id))
    assert (entry.target_kind, entry.target_id) == ("user", str(bob.user_id))
    assert json.loads(entry.details) == {
        "before": {"role": "user"},
        "after": {"role": "moderator"},
        "reason": "helps a lot",
    }
    assert str(entry.request_id) == done.headers["X-Request-Id"]


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")
    live = await bob.live()

    done = await act(moderator, bob, "ban", dry_run=True)
    await live.barrier()

    assert done.json()["user"]["status"] == "banned"
    assert (done.json()["dry_run"], done.json()["audit_seq"]) == (True, None)
    assert (await bob.client.get("/api/users/me")).status_code == 200
    assert await audited(api) == []


async def test_a_warning_is_told_at_once(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")
    live = await bob.live()

    await act(moderator, bob, "warn", text="Be kind.")

    assert (await live.expect("server_notice"))["detail"] == "Be kind."


@pytest.mark.parametrize(
    ("verb", "body", "expected"),
    [
        ("ban on oneself", {}, (400, "acting_on_oneself", True)),
        ("ban on an admin", {}, (403, "role_too_high", True)),
        ("ban on a moderator", {}, (403, "role_too_high", True)),
        ("ban on nobody", {}, (404, "user_not_found", False)),
        ("role on bob", {"role": "admin"}, (403, "role_required", True)),
        ("unban on bob", {}, (409, "not_so", False)),
        ("unmute on bob", {}, (409, "not_so", False)),
        ("suspend on bob", {"seconds": 0}, (400, "invalid_input", False)),
        ("suspend on bob", {"seconds": 10**12}, (400, "invalid_input", False)),
        ("suspend on bob", {"seconds": "1d"}, (400, "invalid_input", False)),
        ("mute on bob", {"reason": " "}, (400, "invalid_input", False)),
        ("mute on bob", {"reason": None}, (400, "invalid_input", False)),
    ],
)
async def test_what_cannot_be_done_is_refused_and_an_attempt_at_power_is_recorded(
    api: Api, verb: str, body: dict[str, Any], expected: tuple[int, str, bool]
) -> None:
    status, code, is_attempt = expected
    moderator = await promoted(api, "mod", "moderator")
    others = {
        "an admin": await promoted(api, "root", "admin"),
        "a moderator": await promoted(api, "mod2", "moderator"),
        "oneself": moderator,
        "bob": await api.register("bob"),
    }
    name, _, whom = verb.partition(" on ")
    target = str(others[whom].user_id) if whom in others else str(uuid4())

    url = f"/api/admin/users/{target}/{name}"
    answer = await moderator.client.post(url, json={"reason": "because", **body})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    entries = await audited(api)
    assert [(it.outcome, it.target_id, it.actor_id) for it in entries] == (
        [("refused", target, str(moderator.user_id))] if is_attempt else []
    )


async def test_doing_it_twice_is_refused(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")

    for verb in ("mute", "shadow-limit", "hold", "ban"):
        first = await act(moderator, bob, verb)
        second = await act(moderator, bob, verb)

        assert first.status_code == 200, first.text
        assert (second.status_code, second.json()["code"]) == (409, "already_so")
    shown = (await moderator.client.get(f"/api/admin/users/{bob.user_id}")).json()
    assert [it["kind"] for it in shown["restrictions"]] == ["held", "muted", "shadow_limited"]
    assert len(await audited(api)) == 4


async def test_people_are_listed_by_status_and_by_role(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    bob, carol, _ = await api.people("bob", "carol", "dave")
    await act(moderator, bob, "ban")
    await act(moderator, carol, "suspend", seconds=60)

    async def names(**query: Any) -> list[str]:
        answer = await moderator.client.get("/api/admin/users", params=query)
        assert answer.status_code == 200, answer.text
        return [it["username"] for it in answer.json()["users"]]

    assert await names(status="banned") == ["bob"]
    assert await names(status="suspended") == ["carol"]
    assert await names(role="moderator") == ["mod"]
    assert await names(q="da") == ["dave"]
    assert await names(limit=2, after="bob") == ["carol", "dave"]


async def test_who_has_no_role_sees_and_does_nothing_and_the_attempt_is_recorded(api: Api) -> None:
    bob, carol = await api.people("bob", "carol")

    listed = await bob.client.get("/api/admin/users")
    banned = await act(bob, carol, "ban")

    assert {listed.status_code, banned.status_code} == {403}
    assert [(it.action, it.outcome, it.target_id) for it in await audited(api)] == [
        ("user.list", "refused", None),
        ("user.ban", "refused", str(carol.user_id)),
    ]


async def test_after_a_suspension_they_are_found_and_written_to_as_before(api: Api) -> None:
    bob, carol = await api.people("bob", "carol")
    moderator = await promoted(api, "mod", "moderator")
    await act(moderator, bob, "suspend", seconds=60)

    async def found() -> list[str]:
        page = (await carol.client.get("/api/users", params={"q": "bob"})).json()
        return [it["username"] for it in page["users"]]

    during = await found()
    refused = await carol.client.post(f"/api/conversations/dm/{bob.user_id}")
    api.clock.advance(61)

    assert (during, refused.json()["code"]) == ([], "cannot_message_user")
    assert await found() == ["bob"]
    assert await carol.dm(bob)
