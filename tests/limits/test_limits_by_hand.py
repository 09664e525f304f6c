"""What admins do about somebody's limits: it holds at once, and stands in the audit log."""

import json
from datetime import timedelta

from fynix_server.policy import OwnLimit, move_policy_version, set_override
from fynix_server.rate_limit import BUCKETS, Quota
from tests.limits.acts import act, sent_of, set_limit, shown
from tests.people import PASSWORD, Api
from tests.staff import audited, promoted


async def test_a_limit_that_is_set_holds_from_the_next_request_and_for_nobody_else(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)

    done = await set_limit(admin, bob, "messages", "2/60")
    first = await bob.send(talk, "hello")

    assert done.status_code == 200, done.text
    assert first.headers["X-RateLimit-Limit"] == "2"
    assert first.headers["RateLimit-Policy"] == '"messages";q=2;w=60'
    assert await sent_of(bob, talk, 3) == 1
    assert await sent_of(carol, talk, 3) == 3


async def test_a_limit_of_a_time_ends_by_itself(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await set_limit(admin, bob, "messages", "1/3600", seconds=600)
    assert await sent_of(bob, talk, 2) == 1

    api.clock.advance(600)

    answer = await bob.send(talk, "again")
    assert answer.status_code == 201
    assert answer.headers["X-RateLimit-Limit"] == "30"
    assert (await shown(admin, bob))["messages"]["override"] is None


async def test_one_who_is_exempt_meets_no_limit_in_any_bucket_and_gets_no_headers(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    for bucket in BUCKETS:
        await set_limit(admin, bob, bucket, "1/3600")
        await set_limit(admin, carol, bucket, "1/3600")

    done = await act(admin, bob, "exempt", bucket=None)

    assert done.status_code == 200, done.text
    body = {"username": "bob", "password": PASSWORD}
    live = [await bob.live() for _ in range(3)]
    for number in range(3):
        sent = await bob.send(talk, "hello")
        asked = await bob.client.get("/api/users/me")
        came = await api.client.post("/api/auth/login", json=body)
        await live[0].send(type="typing", conversation_id=talk, is_typing=True)
        await live[0].send(type="typing", conversation_id=talk, is_typing=False)
        assert (sent.status_code, asked.status_code, came.status_code) == (201, 200, 200), number
        assert "X-RateLimit-Limit" not in sent.headers.keys() | asked.headers.keys()
    await live[0].barrier()
    assert live[0].seen("error") == []
    limits = await shown(admin, bob)
    assert [limits[it]["limit"] for it in BUCKETS] == [None] * len(BUCKETS)
    # The same without the exemption.
    assert await sent_of(carol, talk, 2) == 1


async def test_the_address_is_still_limited_where_the_name_is_exempt(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")
    await act(admin, bob, "exempt", bucket="login")

    body = {"username": "bob", "password": PASSWORD}
    answer = await api.client.post("/api/auth/login", json=body)

    # Two accounts were made from here, and this is the third.
    assert answer.headers["X-RateLimit-Limit"] == "20"
    assert answer.headers["X-RateLimit-Remaining"] == "17"


async def test_a_limit_of_login_holds_for_the_name(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, _ = await api.people("bob", "carol")
    await set_limit(admin, bob, "login", "1/60")

    async def log_in(name: str) -> int:
        body = {"username": name, "password": PASSWORD}
        return (await api.client.post("/api/auth/login", json=body)).status_code

    assert [await log_in("BOB"), await log_in("bob"), await log_in("carol")] == [200, 429, 200]
    assert (await shown(admin, bob))["login"]["used"] == 1


async def test_looking_shows_who_set_it_until_when_and_what_is_used_and_counts_nothing(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await sent_of(bob, talk, 4)
    before = await shown(moderator, bob)

    await set_limit(admin, bob, "messages", "3/60", seconds=3600)
    after = await shown(moderator, bob)

    assert before.keys() == set(BUCKETS)
    assert before["messages"]["limit"] == before["messages"]["default"]
    assert (before["messages"]["used"], before["messages"]["remaining"]) == (4, 26)
    assert before["messages"]["override"] is None
    own = after["messages"]
    assert own["limit"] == {"max_count": 3, "window_seconds": 60}
    assert own["default"] == {"max_count": 30, "window_seconds": 60}
    assert (own["used"], own["remaining"]) == (4, 0)
    assert own["override"]["set_by"] == str(admin.user_id)
    assert own["override"]["set_by_name"] == "root"
    assert own["override"]["until"] is not None
    # With one too many, it is the second that the next place waits for.
    assert own["frees_at"] > before["messages"]["frees_at"]
    assert after["typing"]["frees_at"] is None


async def test_clearing_brings_back_what_holds_for_everybody_and_what_was_counted_stays(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await set_limit(admin, bob, "messages", "2/60")
    await sent_of(bob, talk, 2)

    done = await act(admin, bob, "clear", bucket=None)

    assert done.status_code == 200, done.text
    answer = await bob.send(talk, "on")
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (201, "27")


async def test_after_a_reset_one_begins_anew_and_the_limit_stays(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await set_limit(admin, bob, "messages", "2/60")
    await sent_of(bob, talk, 3)

    done = await act(admin, bob, "reset", bucket="messages")

    assert done.json()["forgotten"] == {"messages": 2}
    assert done.json()["is_everywhere"] is True
    assert await sent_of(bob, talk, 3) == 2
    (entry,) = (await audited(api))[1:]
    assert (entry.action, entry.target_id) == ("limits.reset", str(bob.user_id))
    assert json.loads(entry.details)["before"] == {"messages": 2}


async def test_a_change_stands_in_the_audit_log_with_what_it_was_and_what_it_is(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    (bob,) = await api.people("bob")

    done = await set_limit(admin, bob, "api", "50/60")
    await act(admin, bob, "exempt", bucket="api")
    await act(admin, bob, "clear", bucket="api")

    entries = await audited(api)
    assert done.json()["audit_seq"] == entries[0].seq
    assert [it.action for it in entries] == ["limits.set", "limits.exempt", "limits.set"]
    default = {"limit": "default"}
    own = {"limit": "50/60", "until": None}
    none = {"limit": "none", "until": None}
    assert [json.loads(it.details) for it in entries] == [
        {"before": {"api": default}, "after": {"api": own}, "reason": "because"},
        {"before": {"api": own}, "after": {"api": none}, "reason": "because"},
        {"before": {"api": none}, "after": {"api": default}, "reason": "because"},
    ]


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await sent_of(bob, talk, 2)

    would_set = await set_limit(admin, bob, "messages", "1/60", dry_run=True)
    would_exempt = await act(admin, bob, "exempt", bucket=None, dry_run=True)
    would_reset = await act(admin, bob, "reset", bucket="messages", dry_run=True)
    no_clear = await act(admin, bob, "clear", bucket=None, dry_run=True)

    told = {it["bucket"]: it for it in would_set.json()["limits"]["limits"]}
    assert told["messages"]["limit"]["max_count"] == 1
    assert {it["limit"] for it in would_exempt.json()["limits"]["limits"]} == {None}
    assert would_reset.json()["forgotten"] == {"messages": 2}
    assert {it.json()["audit_seq"] for it in (would_set, would_exempt, would_reset)} == {None}
    assert (no_clear.status_code, no_clear.json()["code"]) == (409, "not_so")
    assert await audited(api) == []
    answer = await bob.send(talk, "on")
    assert answer.headers["X-RateLimit-Limit"] == "30"
    assert answer.headers["X-RateLimit-Remaining"] == "27"


async def test_a_server_that_limits_nobody_says_so_and_what_is_set_waits(unlimited: Api) -> None:
    admin = await promoted(unlimited, "root", "admin")
    bob, carol = await unlimited.people("bob", "carol")
    talk = await bob.dm(carol)

    done = await set_limit(admin, bob, "messages", "1/60")

    limits = done.json()["limits"]
    assert limits["is_on"] is False
    assert limits["limits"][0]["limit"] == {"max_count": 1, "window_seconds": 60}
    assert await sent_of(bob, talk, 3) == 3


async def test_a_retry_under_an_exemption_takes_nothing_back_of_what_was_counted(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    await bob.send(talk, "hello", client_message_id="one")
    await act(admin, bob, "exempt", bucket="messages")

    again = await bob.send(talk, "hello", client_message_id="one")
    await act(admin, bob, "clear", bucket="messages")

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert (await shown(admin, bob))["messages"]["used"] == 1


async def test_a_limit_that_is_set_elsewhere_on_the_server_holds_like_one_set_by_hand(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    bob, carol = await api.people("bob", "carol")
    talk = await bob.dm(carol)
    now = api.clock()
    slow = OwnLimit(Quota(1, 60), now + timedelta(hours=1), "fynix", now)

    async with api.resources.database.write() as connection:
        await set_override(connection, bob.user_id, "messages", slow)
        await move_policy_version(connection)
    await api.resources.policy.apply_change()

    assert await sent_of(bob, talk, 2) == 1
    override = (await shown(admin, bob))["messages"]["override"]
    assert (override["set_by"], override["set_by_name"]) == ("fynix", None)
