"""What the server has told somebody: theirs alone, page by page, read or not."""

from uuid import uuid4

from fynix_server.notifying import add_notice
from tests.people import Api, Person
from tests.staff import promoted


async def told(api: Api, person: Person, *details: str) -> None:
    async with api.resources.database.write() as connection:
        for detail in details:
            await add_notice(connection, person.user_id, "warning", detail, api.clock())


async def details(person: Person, **query: str | int) -> list[str]:
    answer = await person.client.get("/api/notices", params=query)
    assert answer.status_code == 200, answer.text
    return [it["detail"] for it in answer.json()["notices"]]


async def test_notices_are_listed_the_newest_first_page_after_page(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await told(api, alice, *"abcde")
    await told(api, bob, "not hers")

    first = (await alice.client.get("/api/notices", params={"limit": 3})).json()
    second = await details(alice, limit=3, before=first["next_before"])

    assert [it["detail"] for it in first["notices"]] == ["e", "d", "c"]
    assert second == ["b", "a"]


async def test_a_notice_is_read_once(api: Api) -> None:
    (alice,) = await api.people("alice")
    await told(api, alice, "first", "second")
    newest = (await alice.client.get("/api/notices")).json()["notices"][0]

    read = await alice.client.post(f"/api/notices/{newest['id']}/read")
    api.clock.advance(60)
    again = await alice.client.post(f"/api/notices/{newest['id']}/read")

    assert newest["read_at"] is None
    assert read.json()["read_at"] is not None
    assert again.json() == read.json()
    assert await details(alice, unread="true") == ["first"]
    assert await details(alice) == ["second", "first"]


async def test_nobody_reads_a_notice_of_another(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await told(api, alice, "for alice")
    (notice,) = (await alice.client.get("/api/notices")).json()["notices"]

    theirs = await bob.client.post(f"/api/notices/{notice['id']}/read")
    unknown = await bob.client.post(f"/api/notices/{uuid4()}/read")

    for answer in (theirs, unknown):
        assert (answer.status_code, answer.json()["code"]) == (404, "notice_not_found")
    assert await details(alice, unread="true") == ["for alice"]


async def test_all_are_read_up_to_the_one_that_was_seen(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await told(api, alice, "first", "second")
    await told(api, bob, "for bob")
    seen = (await alice.client.get("/api/notices")).json()["notices"][0]["id"]
    await told(api, alice, "came meanwhile")

    some = await alice.client.post("/api/notices/read", json={"up_to": seen})
    left = await details(alice, unread="true")
    rest = await alice.client.post("/api/notices/read", json={})

    assert (some.json(), rest.json()) == ({"marked": 2}, {"marked": 1})
    assert left == ["came meanwhile"]
    assert await details(bob, unread="true") == ["for bob"]


async def test_a_warning_stays_among_the_notices(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    (bob,) = await api.people("bob")

    await moderator.client.post(
        f"/api/admin/users/{bob.user_id}/warn", json={"reason": "three reports", "text": "Be kind."}
    )

    (notice,) = (await bob.client.get("/api/notices")).json()["notices"]
    assert (notice["kind"], notice["detail"]) == ("warning", "Be kind.")
