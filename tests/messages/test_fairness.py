"""A conversation in which much is said at once holds up itself, and nobody else."""

import asyncio
from collections import Counter, deque
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynix_server.errors import Unavailable
from fynix_server.messages.conversation_locks import lock_conversations
from fynix_server.messages.drafts import Draft
from fynix_server.messages.fair_queue import FairQueue
from fynix_server.messages.writer import MAX_GROUP
from tests.faults.instances import eventually
from tests.people import Api, Person, Serve

QUEUE = 1000


def draft(sender: Person, conversation_id: str, content: str) -> Draft:
    return Draft(UUID(conversation_id), sender.user_id, sender.username, content, "text", None)


async def test_a_flood_in_one_conversation_is_refused_there_and_the_next_one_goes_before_it(
    serve: Serve,
) -> None:
    api = await serve(rate_limits="off", message_queue_size=QUEUE)
    alice, bob, carol = await api.people("alice", "bob", "carol")
    flooded, quiet = await alice.dm(bob), await carol.dm(bob)
    writer = api.resources.message_writer

    # Nothing is awaited, so nothing is stored meanwhile.
    flood = [writer.submit(draft(alice, flooded, str(number))) for number in range(QUEUE // 2)]
    with pytest.raises(Unavailable):
        writer.submit(draft(alice, flooded, "one too many"))
    polite = writer.submit(draft(carol, quiet, "hello"))

    await polite
    assert sum(future.done() for future in flood) < MAX_GROUP
    stored = await asyncio.gather(*flood)
    assert [it.message.content for it in stored] == [str(number) for number in range(QUEUE // 2)]
    first = stored[0].message.seq
    assert [it.message.seq for it in stored] == list(range(first, first + QUEUE // 2))
    assert (await alice.send(flooded, "after")).status_code == 201


async def test_past_the_queue_a_send_is_a_503_that_says_so_and_stores_nothing(serve: Serve) -> None:
    api = await serve(rate_limits="off", message_queue_size=4)
    alice, bob, carol = await api.people("alice", "bob", "carol")
    dm, other = await alice.dm(bob), await carol.dm(bob)
    live = await alice.live()

    async with api.resources.database.write() as connection:
        # Nothing is stored meanwhile: on SQLite there is one writer, on Postgres the row is taken.
        await connection.run_sync(lock_conversations, [UUID(dm), UUID(other)])
        first = asyncio.create_task(alice.send(dm, "taken at once"))
        await eventually(partial(_stands, api, 0))
        waiting = [asyncio.create_task(alice.send(dm, f"n{number}")) for number in range(2)]
        await eventually(partial(_stands, api, 2))
        refused = await alice.send(dm, "one too many")
        await live.send(type="send_message", ref="r1", conversation_id=dm, content="and another")
        error = await live.expect_answer("r1")
        polite = asyncio.create_task(carol.send(other, "there is room for me"))
        await eventually(partial(_stands, api, 3))

    answers = await asyncio.gather(first, *waiting, polite)
    assert {it.status_code for it in answers} == {201}
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Too many messages wait" in refused.json()["detail"]
    assert (error["type"], error["status_code"]) == ("error", 503)
    assert sorted(it["content"] for it in await alice.messages(dm)) == ["n0", "n1", "taken at once"]


async def _stands(api: Api, waiting: int) -> bool:
    """Whether a commit is under way, and so many wait for the next."""
    writer = api.resources.message_writer
    return not writer._idle.is_set() and len(writer._waiting) == waiting


@given(
    size=st.integers(1, 40),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 4)),
            st.tuples(st.just("take"), st.integers(1, 12)),
        ),
        max_size=200,
    ),
)
def test_lanes_take_turns_keep_their_order_and_never_hold_more_than_there_is_room(
    size: int, steps: list[tuple[str, int]]
) -> None:
    queue: FairQueue[int, tuple[int, int]] = FairQueue(size)
    lanes: dict[int, deque[tuple[int, int]]] = {}
    for number, (step, argument) in enumerate(steps):
        waiting = sum(map(len, lanes.values()))
        assert len(queue) == waiting <= size
        if step == "put":
            lane = lanes.setdefault(argument, deque())
            has_room = len(lane) < size - waiting
            assert queue.put(argument, (argument, number)) is has_room
            if has_room:
                lane.append((argument, number))
            continue
        before = {lane: len(items) for lane, items in lanes.items()}
        taken = queue.take(argument)
        assert len(taken) == min(argument, waiting)
        for item in taken:
            assert item == lanes[item[0]].popleft()
        shares = Counter(lane for lane, _ in taken)
        # Nobody had two more than another that still waits.
        assert all(
            shares[lane] == before[lane] or shares[lane] >= max(shares.values()) - 1
            for lane in before
        )
