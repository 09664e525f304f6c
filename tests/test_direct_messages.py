"""The mission's own tests: services, rate limits, sockets, broadcasts, endpoints, and load."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.auth import Principal, authenticate
from fynix_server.clock import utc_now
from fynix_server.conversations import service as conversations
from fynix_server.errors import InvalidInput, NotFound, NotPermitted, RateLimited
from fynix_server.event_bus import MESSAGES, READ_RECEIPTS, TYPING
from fynix_server.messages import editing, reading
from fynix_server.messages import service as messages
from fynix_server.protocol.conversations import ConversationsQuery
from fynix_server.protocol.messages import MessageCreate, MessageResponse, MessagesQuery
from fynix_server.tables import Message
from tests.people import DEADLINE_SECONDS, Api, Person

SHARED_REDIS = pytest.mark.parametrize("stack", ["full"], indirect=True)
"""What is in Redis for others to see; alone, an instance keeps it to itself."""


async def _principal(api: Api, person: Person) -> Principal:
    return await authenticate(api.resources, person.access_token)


async def _send(
    api: Api, sender: Principal, conversation_id: UUID, content: str
) -> MessageResponse:
    draft = MessageCreate(content=content)
    sending = await messages.send_message(api.resources, sender, conversation_id, draft)
    return MessageResponse.model_validate_json((await sending.sent).message_json)


class TestConversationService:
    """What the services do, asked without a web server in between."""

    async def test_opening_a_dm_from_both_ends_at_once_gives_one_conversation(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        ends = [(alice.user_id, bob.user_id), (bob.user_id, alice.user_id)] * 5

        opened = await asyncio.gather(
            *(conversations.open_dm(api.resources, mine, other) for mine, other in ends)
        )

        assert len({conversation.id for conversation, _ in opened}) == 1
        assert sum(is_new for _, is_new in opened) == 1

    async def test_a_dm_with_oneself_or_with_nobody_is_refused(self, api: Api) -> None:
        alice = await api.register("alice")

        with pytest.raises(InvalidInput):
            await conversations.open_dm(api.resources, alice.user_id, alice.user_id)
        with pytest.raises(NotFound):
            await conversations.open_dm(api.resources, alice.user_id, uuid4())

    async def test_sending_reading_and_deleting_move_the_conversation_along(self, api: Api) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = UUID(await alice.dm(bob))
        sender, reader = await _principal(api, alice), await _principal(api, bob)

        sent = [await _send(api, sender, dm, it) for it in ("one", "two", "three")]
        first, second, third = sent
        marked = await reading.mark_read(api.resources, reader, dm, second.id)
        await editing.delete_message(api.resources, sender, dm, third.id)

        seen = await conversations.get_conversation(api.resources, bob.user_id, dm)
        page = await reading.list_messages(api.resources, reader, dm, MessagesQuery())
        assert [it.seq for it in (first, second, third)] == [2, 3, 4]
        assert (marked.unread_count, seen.unread_count) == (1, 0)
        assert [it.content for it in page.messages] == ["two", "one"]
        assert page.total == 2
        assert seen.last_message is not None
        assert seen.last_message.id == second.id

    async def test_every_operation_refuses_an_outsider_and_an_unknown_conversation(
        self, api: Api
    ) -> None:
        alice, bob, carol = await api.people("alice", "bob", "carol")
        dm = UUID(await alice.dm(bob))
        message_id = UUID((await alice.send(str(dm), "private")).json()["id"])
        outsider = await _principal(api, carol)

        for conversation_id, refusal in ((dm, NotPermitted), (uuid4(), NotFound)):
            for refused in (
                _send(api, outsider, conversation_id, "let me in"),
                reading.list_messages(api.resources, outsider, conversation_id, MessagesQuery()),
                reading.mark_read(api.resources, outsider, conversation_id, message_id),
                editing.delete_message(api.resources, outsider, conversation_id, message_id),
                conversations.get_conversation(api.resources, carol.user_id, conversation_id),
            ):
                with pytest.raises(refusal):
                    await refused


class TestRateLimiting:
    """Thirty messages in any sixty seconds, for each person."""

    async def test_the_thirty_first_message_in_a_minute_is_refused_and_not_stored(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)
        for number in range(30):
            accepted = await alice.send(dm, f"message {number}")
            assert accepted.status_code == 201
            assert accepted.headers["X-RateLimit-Limit"] == "30"
            assert accepted.headers["X-RateLimit-Remaining"] == str(29 - number)

        refused = await alice.send(dm, "one too many")

        now = api.clock().timestamp()
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert now - 1 <= int(refused.headers["X-RateLimit-Reset"]) <= now + 61
        assert "one too many" not in [it["content"] for it in await alice.messages(dm)]
        assert (await bob.send(dm, "my own limit")).status_code == 201

    async def test_the_window_slides_and_refused_attempts_do_not_lengthen_the_wait(
        self, api: Api
    ) -> None:
        limiter = api.resources.limiter
        for _ in range(15):
            await limiter.consume("messages", "somebody")
        api.clock.advance(30)
        for _ in range(15):
            await limiter.consume("messages", "somebody")
        for _ in range(20):
            with pytest.raises(RateLimited):
                await limiter.consume("messages", "somebody")

        api.clock.advance(31)  # the first fifteen have left the window, the others have not

        states = [await limiter.consume("messages", "somebody") for _ in range(15)]
        assert [it.remaining for it in states] == list(range(14, -1, -1))
        with pytest.raises(RateLimited):
            await limiter.consume("messages", "somebody")

    @SHARED_REDIS
    async def test_the_window_is_a_sorted_set_under_the_missions_key_which_expires(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        await alice.send(await alice.dm(bob), "hello")

        key = f"rate_limit:messages:{alice.user_id}"

        assert await api.resources.redis.zcard(key) == 1
        assert 0 < await api.resources.redis.ttl(key) <= 60


class TestWebSocketConnections:
    """Several connections a person, counted while they are open."""

    async def test_a_person_may_have_several_and_each_hears_everything(self, api: Api) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)
        by_header = await api.connect(token=bob.access_token)
        by_query = await api.connect(query=f"?token={bob.access_token}")
        for live in (by_header, by_query):
            await live.barrier()

        sent = (await alice.send(dm, "to both")).json()

        for live in (by_header, by_query):
            assert (await live.expect("new_message"))["message"] == sent

    async def test_a_ping_is_answered_by_a_pong_and_nothing_else(self, api: Api) -> None:
        alice = await api.register("alice")
        live = await alice.plain_live()

        await live.socket.send('{"type": "ping"}')

        assert await live.expect("pong") == {"type": "pong"}
        assert live.frames == []

    async def test_health_counts_the_open_ones_and_forgets_the_closed(self, api: Api) -> None:
        alice, bob = await api.people("alice", "bob")
        opened = [await alice.plain_live(), await alice.plain_live(), await bob.plain_live()]

        while_open = (await api.client.get("/api/ws/health")).json()
        for live in opened:
            await live.stop()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (after := (await api.client.get("/api/ws/health")).json())["active_connections"]:
                pass

        assert (while_open["active_connections"], while_open["connected_users"]) == (3, 2)
        assert after["connected_users"] == 0


class TestBroadcasting:
    """Who is told what, and over which channels."""

    async def test_a_group_hears_a_message_its_typing_and_its_receipts(self, api: Api) -> None:
        alice, bob, carol, dave = await api.people("alice", "bob", "carol", "dave")
        group = await alice.group("the three", bob, carol)
        lives = {it.username: await it.plain_live() for it in (alice, bob, carol, dave)}

        await lives["alice"].send(type="typing", conversation_id=group, is_typing=True)
        typing = [await lives[name].expect("typing") for name in ("bob", "carol")]
        sent = (await alice.send(group, "hello, you two")).json()
        heard = [await lives[it].expect("new_message") for it in ("alice", "bob", "carol")]
        await lives["bob"].send(type="mark_read", conversation_id=group, message_id=sent["id"])
        read = [await lives[it].expect("message_read") for it in ("alice", "bob", "carol")]

        assert {it["user_id"] for it in typing} == {str(alice.user_id)}
        assert [it["message"] for it in heard] == [sent] * 3
        assert {(it["user_id"], it["message_id"]) for it in read} == {
            (str(bob.user_id), sent["id"])
        }
        await lives["dave"].barrier()
        assert lives["dave"].frames == []

    @SHARED_REDIS
    async def test_an_operator_who_subscribes_to_the_missions_channels_sees_it_all(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)
        live = await bob.plain_live()
        channels = api.resources.redis.pubsub(ignore_subscribe_messages=True)
        await channels.subscribe("dm_messages", "dm_typing", "dm_read_receipts")
        seen: set[str] = set()

        await live.send(type="typing", conversation_id=dm, is_typing=True)
        sent = (await alice.send(dm, "over the bus")).json()
        await bob.read(dm, sent["id"])
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(seen) < 3:
                passed = await channels.get_message(timeout=DEADLINE_SECONDS)
                if passed is not None:
                    seen.add(passed["channel"].decode())
        await channels.aclose()  # type: ignore[no-untyped-call] # so it comes

        assert seen == {"dm_messages", "dm_typing", "dm_read_receipts"}
        assert seen == {MESSAGES, TYPING, READ_RECEIPTS}


class TestApiEndpoints:
    """The mission's endpoints with its fields, statuses and errors."""

    async def test_the_missions_round_trip_answers_with_its_statuses_and_fields(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        url = f"/api/conversations/dm/{bob.user_id}"

        made, found = await alice.client.post(url), await alice.client.post(url)
        dm = made.json()["id"]
        sent = await alice.send(dm, "Hello!")
        message = sent.json()
        read = await bob.read(dm, message["id"])
        listed = await bob.client.get(f"/api/conversations/{dm}/messages?page=1&page_size=50")
        overview = await bob.client.get("/api/conversations?page=1&page_size=20")
        deleted = await alice.client.delete(f"/api/conversations/{dm}/messages/{message['id']}")

        answers = (made, found, sent, read, listed, overview, deleted)
        assert [it.status_code for it in answers] == [201, 200, 201, 200, 200, 200, 204]
        assert made.json().keys() >= CONVERSATION_FIELDS
        assert made.json()["participants"][0].keys() >= PARTICIPANT_FIELDS
        assert message.keys() >= MESSAGE_FIELDS
        assert {*PAGE_FIELDS, "messages", "conversation_id"} == listed.json().keys()
        assert {*PAGE_FIELDS, "conversations"} == overview.json().keys()
        assert overview.json()["conversations"][0]["last_message"]["id"] == message["id"]

    async def test_a_refusal_has_the_missions_three_fields(self, api: Api) -> None:
        alice = await api.register("alice")

        answer = await alice.client.get(f"/api/conversations/{uuid4()}/messages")

        assert answer.status_code == 404
        assert answer.json()["status_code"] == 404
        assert answer.json()["detail"]
        assert answer.json()["timestamp"].endswith("Z")

    async def test_pages_hold_every_message_once_newest_first(self, api: Api) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)
        for number in range(7):
            await alice.send(dm, str(number))

        url = f"/api/conversations/{dm}/messages"
        pages = [
            (await bob.client.get(url, params={"page": page, "page_size": 3})).json()
            for page in (1, 2, 3, 4)
        ]

        contents = [[it["content"] for it in page["messages"]] for page in pages]
        assert contents == [["6", "5", "4"], ["3", "2", "1"], ["0"], []]
        assert [it["has_next"] for it in pages] == [True, True, False, False]
        assert {it["total"] for it in pages} == {7}


CONVERSATION_FIELDS = {
    *("id", "is_group", "name", "description", "created_at", "updated_at"),
    *("last_message_at", "participants", "last_message", "unread_count"),
}
PARTICIPANT_FIELDS = {
    *("user_id", "username", "display_name", "avatar_url"),
    *("joined_at", "is_active", "last_read_message_id"),
}
MESSAGE_FIELDS = {
    *("id", "sender_id", "sender_username", "content", "content_type"),
    *("created_at", "is_read", "read_by"),
}
PAGE_FIELDS = {"total", "page", "page_size", "has_next"}


class TestLoadTesting:
    """Many at once. What is counted is messages, sockets and queries, never seconds."""

    async def test_fifty_sockets_opened_at_once_all_hear_every_message_in_order(
        self, api: Api
    ) -> None:
        people = await api.people("alice", "bob", "carol", "dave", "erin")
        group = await people[0].group("all", *people[1:])
        lives = await asyncio.gather(*(it.live() for it in people for _ in range(10)))

        await asyncio.gather(*(it.send(group, f"n{n}") for it in people for n in range(4)))

        expected = [{"seq": seq, "type": "new_message"} for seq in range(2, 22)]
        for live in lives:
            heard = await live.expect_count("new_message", 20)
            assert [{"seq": it["seq"], "type": it["type"]} for it in heard] == expected
            await live.barrier()
            assert live.seen("new_message") == []
        assert len(api.resources.connections) == 50

    async def test_a_burst_of_several_people_over_rest_and_sockets_loses_and_doubles_nothing(
        self, api: Api
    ) -> None:
        people = await api.people("alice", "bob", "carol", "dave")
        group = await people[0].group("all", *people[1:])
        lives = {it: await it.live() for it in people}
        said = {f"{it.username} {n}" for it in people for n in range(30)}

        await asyncio.gather(
            *(
                lives[it].send(
                    type="send_message",
                    ref=str(n),
                    conversation_id=group,
                    content=f"{it.username} {n}",
                )
                for it in people
                for n in range(15)
            ),
            *(it.send(group, f"{it.username} {n}") for it in people for n in range(15, 30)),
        )

        for live in lives.values():
            heard = await live.expect_count("new_message", len(said))
            assert {it["message"]["content"] for it in heard} == said
            assert [it["seq"] for it in heard] == list(range(2, 2 + len(said)))
            await live.expect_count("ack", 15)
        stored = await people[1].client.get(f"/api/conversations/{group}")
        assert stored.json()["last_seq"] == 1 + len(said)

    async def test_of_a_hundred_sends_at_once_exactly_thirty_are_accepted_and_stored(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)

        answers = await asyncio.gather(*(alice.send(dm, f"n{n}") for n in range(100)))

        statuses = [it.status_code for it in answers]
        assert (statuses.count(201), statuses.count(429)) == (30, 70)
        assert all("Retry-After" in it.headers for it in answers if it.status_code == 429)
        accepted = {it.json()["id"] for it in answers if it.status_code == 201}
        assert {it["id"] for it in await bob.messages(dm)} == accepted

    async def test_a_long_history_costs_no_more_queries_and_is_read_by_its_indexes(
        self, api: Api
    ) -> None:
        alice, bob = await api.people("alice", "bob")
        dm = await alice.dm(bob)
        reader = await _principal(api, bob)
        newest = MessagesQuery(page_size=20)
        older = MessagesQuery(before_seq=2000, limit=20)

        costs = {}
        for history in (1, 3000):
            await _store(api, UUID(dm), alice.user_id, upto_seq=1 + history)
            with _noted_queries(api) as noted:
                await reading.list_messages(api.resources, reader, UUID(dm), newest)
                await reading.list_messages(api.resources, reader, UUID(dm), older)
                await conversations.list_conversations(
                    api.resources, bob.user_id, ConversationsQuery()
                )
            costs[history] = len(noted)

        assert costs[1] == costs[3000] <= 13
        for statement, parameters in noted:
            plan = await _plan(api, statement, parameters)
            assert not (TABLE_SCANS & set(plan.splitlines())), (statement, plan)


TABLE_SCANS = {"SCAN messages", "Seq Scan on messages"}
Noted = list[tuple[str, Any]]


async def _store(api: Api, conversation_id: UUID, sender_id: UUID, upto_seq: int) -> None:
    """Messages straight into the tables: a history as long as a test needs."""
    row = {
        "conversation_id": conversation_id,
        "sender_id": sender_id,
        "content": "long ago",
        "created_at": utc_now(),
        "updated_at": utc_now(),
    }
    async with api.resources.database.write() as connection:
        known = await _scalar(connection, "SELECT COALESCE(MAX(seq), 1) FROM messages")
        rows = [{**row, "seq": seq} for seq in range(known + 1, upto_seq + 1)]
        await connection.execute(insert(Message), rows)
        await connection.execute(
            text("UPDATE conversations SET last_seq = :seq, message_count = :count"),
            {"seq": upto_seq, "count": upto_seq - 1},
        )
        if not api.resources.database.is_sqlite:
            # SQLite, told that all messages are of one conversation, would rightly read them all.
            await connection.execute(text("ANALYZE"))


async def _scalar(connection: AsyncConnection, query: str) -> int:
    return int((await connection.execute(text(query))).scalar_one())


@contextmanager
def _noted_queries(api: Api) -> Iterator[Noted]:
    """The queries that this very task runs: the server's own tasks run some beside it."""
    noted: Noted = []
    here = asyncio.current_task()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if asyncio.current_task() is here and statement.startswith(("SELECT", "WITH")):
            noted.append((statement, parameters))

    engines = [it.sync_engine for it in api.resources.database.engines]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def _plan(api: Api, statement: str, parameters: Any) -> str:
    """How the database would go about it, one step a line."""
    is_sqlite = api.resources.database.is_sqlite
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN (FORMAT JSON)"
    async with api.resources.database.read() as connection:
        result = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
        rows = result.all()
    if is_sqlite:
        return "\n".join(str(row[-1]) for row in rows)
    return "\n".join(_steps(json.loads(rows[0][0]) if isinstance(rows[0][0], str) else rows[0][0]))


def _steps(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for it in part:
            yield from _steps(it)
    elif isinstance(part, dict):
        if "Node Type" in part:
            yield f"{part['Node Type']} on {part.get('Relation Name', '')}"
        for it in part.values():
            yield from _steps(it)
