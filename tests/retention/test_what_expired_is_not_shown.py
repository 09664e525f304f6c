"""From the moment a policy is set, what is older is in no list, for nobody, before any cleanup."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from fynix_server.protocol.frames import server_frame_adapter
from fynix_server.tables import Message
from tests.people import Api, Person, Serve
from tests.retention.rooms import NEW, OLD, room
from tests.retention.ruling import DAY, log_in


async def stored(api: Api) -> int:
    async with api.resources.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(Message))).scalar_one()


async def texts(person: Person, conversation_id: str, **query: Any) -> list[str]:
    return [it["content"] for it in await person.messages(conversation_id, **query)]


async def conversation(person: Person, conversation_id: str) -> dict[str, Any]:
    answer = await person.client.get(f"/api/conversations/{conversation_id}")
    return dict(answer.json())


async def events(person: Person, conversation_id: str, after_seq: int = 0) -> list[dict[str, Any]]:
    url = f"/api/conversations/{conversation_id}/events"
    answer = await person.client.get(url, params={"after_seq": after_seq})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["events"])


# ── lists ────────────────────────────────────────────────────────────────────────────────────


async def test_expired_messages_are_in_no_page_and_not_in_the_total(api: Api) -> None:
    here = await room(api)

    done = await here.admin.keep(30)

    assert done["hidden_messages"] == 1
    for person in (here.alice, here.bob):
        assert await texts(person, here.id) == [NEW]
        assert await texts(person, here.id, after_seq=0) == [NEW]
        assert await texts(person, here.id, before_seq=here.new["seq"]) == []
        url = f"/api/conversations/{here.id}/messages"
        assert (await person.client.get(url)).json()["total"] == 1
    assert await stored(api) == 2


async def test_unread_and_the_last_message_leave_out_what_has_expired(api: Api) -> None:
    here = await room(api)
    assert (await conversation(here.bob, here.id))["unread_count"] == 2

    await here.admin.keep(30)

    listed = (await here.bob.client.get("/api/conversations")).json()["conversations"]
    for shown in (await conversation(here.bob, here.id), listed[0]):
        assert shown["unread_count"] == 1
        assert shown["last_message"]["content"] == NEW


async def test_where_all_has_expired_there_is_no_last_message(api: Api) -> None:
    here = await room(api)
    api.clock.advance(40 * DAY)
    await log_in(api, here.bob, here.admin.person)

    await here.admin.keep(30)

    shown = await conversation(here.bob, here.id)
    assert (shown["last_message"], shown["last_message_at"], shown["unread_count"]) == (
        None,
        None,
        0,
    )
    assert await texts(here.bob, here.id) == []


async def test_pages_of_a_conversation_with_a_policy_follow_on_each_other(api: Api) -> None:
    here = await room(api)
    for number in range(5):
        await here.alice.send(here.id, f"more {number}")
    await here.admin.keep(30)

    first = await here.bob.messages(here.id, limit=4)
    rest = await here.bob.messages(here.id, limit=4, before_seq=first[-1]["seq"])

    assert [it["content"] for it in (*first, *rest)] == [
        *(f"more {number}" for number in reversed(range(5))),
        NEW,
    ]


# ── one message ──────────────────────────────────────────────────────────────────────────────


async def test_an_expired_message_is_not_found_by_its_id(api: Api) -> None:
    here = await room(api)
    await here.admin.keep(30)
    url = f"/api/conversations/{here.id}/messages/{here.old['id']}"

    edited = await here.alice.client.patch(url, json={"content": "again"})
    deleted = await here.alice.client.delete(url)
    read = await here.bob.read(here.id, here.old["id"])

    assert [it.status_code for it in (edited, deleted, read)] == [404, 404, 404]
    assert edited.json()["code"] == "message_not_found"


# ── the log ──────────────────────────────────────────────────────────────────────────────────


async def test_the_log_has_a_frame_for_an_expired_number_without_its_text(api: Api) -> None:
    here = await room(api)
    url = f"/api/conversations/{here.id}/messages/{here.old['id']}"
    await here.alice.client.patch(url, json={"content": OLD + ", changed"})
    await here.admin.keep(30)

    frames = await events(here.bob, here.id)

    assert [it["seq"] for it in frames] == [1, 2, 3, 4]
    assert [it["type"] for it in frames] == [
        "conversation_created",
        "message_deleted",
        "new_message",
        "message_deleted",
    ]
    assert {frames[1]["message_id"], frames[3]["message_id"]} == {here.old["id"]}
    assert OLD not in str(frames)
    for frame in frames:
        server_frame_adapter.validate_python(frame)


async def test_a_resume_replays_an_expired_number_without_its_text(api: Api) -> None:
    here = await room(api)
    await here.admin.keep(30)
    live = await here.bob.live(resume=False)

    await live.send(type="resume", cursors={here.id: 1})

    await live.expect("resumed")
    assert [(it["type"], it["seq"]) for it in live.seen("message_deleted")] == [
        ("message_deleted", 2)
    ]
    assert [it["seq"] for it in live.seen("new_message")] == [3]
    assert OLD not in str(live.frames)


# ── which policy ─────────────────────────────────────────────────────────────────────────────


async def test_a_conversation_goes_by_its_own_policy_shorter_or_longer(api: Api) -> None:
    here = await room(api)
    other = await here.alice.group("elsewhere", here.bob)
    await here.alice.send(other, "also today")

    await here.admin.keep(30)
    await here.admin.keep(60, here.id)
    assert await texts(here.bob, here.id) == [NEW, OLD]
    assert (await conversation(here.bob, here.id))["unread_count"] == 2

    await here.admin.keep(10, here.id)
    assert await texts(here.bob, here.id) == [NEW]
    assert await texts(here.bob, other) == ["also today"]
    listed = (await here.bob.client.get("/api/conversations")).json()["conversations"]
    assert {it["id"]: it["unread_count"] for it in listed} == {here.id: 1, other: 1}


async def test_clearing_shows_again_what_was_not_cleaned_up(api: Api) -> None:
    here = await room(api)
    await here.admin.keep(30)

    await here.admin.clear()

    assert await texts(here.bob, here.id) == [NEW, OLD]


async def test_a_legal_hold_keeps_what_has_expired_but_does_not_show_it(api: Api) -> None:
    here = await room(api)
    await here.admin.hold("conversation", here.id)
    await here.admin.hold("user", here.alice.user_id)

    await here.admin.keep(30)

    assert await texts(here.alice, here.id) == [NEW]
    assert await stored(api) == 2


async def test_another_instance_hides_it_too(serve: Serve, stack: str) -> None:
    here_api = await serve()
    here = await room(here_api)
    elsewhere = await serve()
    client = elsewhere.open_client()
    client.headers["Authorization"] = here.bob.client.headers["Authorization"]
    url = f"/api/conversations/{here.id}/messages"
    assert len((await client.get(url)).json()["messages"]) == 2

    await here.admin.keep(30)
    await elsewhere.resources.policy.refresh()

    assert [it["content"] for it in (await client.get(url)).json()["messages"]] == [NEW]


async def test_reading_asks_nothing_more_where_no_policy_is_set(api: Api) -> None:
    here = await room(api)

    assert (await api.resources.policy.horizon()).is_open
    assert (await api.resources.policy.horizon()).of(UUID(here.id)) is None
